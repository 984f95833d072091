#!/usr/bin/env python3
"""Has a real QEMU load captured streams, after a command has had them.

    load.py --captures DIR [--through CMD] [--only NAME,...] [--jobs N]
            [--qemu-root DIR --tag TAG]

CMD reads a stream on its standard input and writes one; an example is
'vmber encode | vmber decode'. What it wrote must be loaded to the end by a
QEMU with the machine of the scenario. Without --through the captures
themselves are loaded, which shows that the scenarios are sound.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

import capture
from vmqemu import Failure, build_guest, need_tools


def load(setup, scenario, captures, command):
    """Loads one capture; raises when QEMU does not take it."""
    source = pathlib.Path(captures).resolve() / f"{setup.name(scenario)}.mig"
    if not source.exists():
        raise Failure(f"{source.name} is missing; make it with capture.py")
    with tempfile.TemporaryDirectory(prefix="vmber-") as work_dir:
        stream = source
        if command:
            stream = pathlib.Path(work_dir) / "stream"
            with open(source, "rb") as before, open(stream, "wb") as after:
                done = subprocess.run(["bash", "-o", "pipefail", "-c", command], stdin=before,
                                      stdout=after, stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                said = done.stderr.decode(errors="replace").strip()
                raise Failure(f"the command ended with status {done.returncode}: {said}")
        try:
            capture.Run(setup, scenario, work_dir).load(stream)
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure(str(error)) from error


def main():
    """Does what the command line asks for."""
    parser = argparse.ArgumentParser(description="Load captured streams with a real QEMU.")
    parser.add_argument("--captures", metavar="DIR", required=True)
    parser.add_argument("--through", metavar="CMD")
    parser.add_argument("--only", metavar="NAME,...")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--qemu-root", metavar="DIR", help="made by fetch-qemu.sh")
    parser.add_argument("--tag", default="", help="the captures are called NAME@TAG")
    options = parser.parse_args()
    failures = 0
    try:
        with tempfile.TemporaryDirectory(prefix="vmber-guest-") as guest_dir:
            need_tools(["as", "ld", "bash"])
            setup = capture.Setup(options.captures, options.qemu_root, options.tag,
                                  build_guest(guest_dir))
            chosen = capture.choose(setup, options.only)
            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                waiting = {pool.submit(load, setup, one, options.captures, options.through): one
                           for one in chosen if one.loads}
                for future in concurrent.futures.as_completed(waiting):
                    name = setup.name(waiting[future])
                    try:
                        future.result()
                        print(f"{name:22} loaded", flush=True)
                    except Failure as error:
                        failures += 1
                        print(f"load: {name}: {error}", file=sys.stderr, flush=True)
            for one in chosen:
                if not one.loads:
                    print(f"{setup.name(one):22} left out: it needs more than the file")
    except Failure as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
