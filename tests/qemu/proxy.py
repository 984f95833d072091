#!/usr/bin/env python3
"""The bars of `vmber proxy`, with real QEMU processes and a guest that counts.

    proxy.py --vmber PATH BAR... [--count N] [--source-root DIR] [--target-root DIR]

Each bar prints its table and fails by name; `proxy.py --list` says what they are.
"""

import argparse
import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import proxy_breaks  # noqa: F401 (they add their bars)
import proxy_moves  # noqa: F401
import proxy_process  # noqa: F401
import proxy_session  # noqa: F401
from proxy_bars import BARS, Setup
from vmqemu import Failure, build_guest, need_tools


def main():
    """Runs the bars that the command line names."""
    parser = argparse.ArgumentParser(description="The bars of vmber proxy.")
    parser.add_argument("--vmber", default="build/release/bin/vmber")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--source-root", metavar="DIR")
    parser.add_argument("--target-root", metavar="DIR")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("bars", nargs="*")
    options = parser.parse_args()
    if options.list:
        for name, function in BARS.items():
            print(f"{name:12} {function.__doc__.splitlines()[0]}")
        return 0
    unknown = [name for name in options.bars if name not in BARS]
    if unknown or not options.bars:
        parser.error(f"bars are {', '.join(BARS)}")
    need_tools(["as", "ld", "socat"])
    bad = 0
    with tempfile.TemporaryDirectory(prefix="vmber-guest-") as guest_dir:
        setup = Setup(str(pathlib.Path(options.vmber).resolve()), build_guest(guest_dir),
                      options.count, options.source_root, options.target_root)
        for name in options.bars:
            began = time.monotonic()
            print(f"proxy: {name}: {BARS[name].__doc__.splitlines()[0]}", flush=True)
            try:
                BARS[name](dataclasses.replace(setup))
                print(f"proxy: {name}: passed in {time.monotonic() - began:.0f} s", flush=True)
            except (Failure, OSError, subprocess.SubprocessError) as error:
                bad += 1
                traceback.print_exc()
                print(f"proxy: {name}: FAILED: {error}", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
