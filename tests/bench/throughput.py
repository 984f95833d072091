#!/usr/bin/env python3
"""RAM speed: `cat big | vmber encode | cat >/dev/null` against `cat big | cat | cat >/dev/null`.

    throughput.py VMBER BIG [--runs N] [--bar RATIO]

BIG is a legacy stream, best in tmpfs; decode is measured on the BER stream made of it, put beside
it. Runs alternate, so that a machine that slows down slows both. Prints medians; exit status 1 if a
ratio of throughput is below the bar.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time


def seconds(command):
    start = time.monotonic()
    subprocess.run(["bash", "-c", "set -o pipefail; " + command], check=True)
    return time.monotonic() - start


def measure(name, big, filter_command, runs, bar):
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(seconds(f"cat {big} | {filter_command} | cat >/dev/null"))
        theirs.append(seconds(f"cat {big} | cat | cat >/dev/null"))
    gigabytes = os.path.getsize(big) / 1e9
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"{name}: {gigabytes / statistics.median(ours):.2f} GB/s, cat "
          f"{gigabytes / statistics.median(theirs):.2f} GB/s, ratio {ratio:.3f} (bar {bar})")
    return ratio >= bar


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vmber")
    parser.add_argument("big")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--bar", type=float, default=0.95)
    arguments = parser.parse_args()
    ber = arguments.big + ".ber"
    subprocess.run([arguments.vmber, "encode", "-q", arguments.big, "-o", ber], check=True)
    good = measure("encode", arguments.big, f"{arguments.vmber} encode -q", arguments.runs,
                   arguments.bar)
    good &= measure("decode", ber, f"{arguments.vmber} decode", arguments.runs, arguments.bar)
    os.unlink(ber)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
