"""Bars of `vmber proxy`: migrations that go well, on every way there is."""

import contextlib
import dataclasses
import os
import socket
import statistics
import subprocess
import time

from proxied import PARAMETERS, Proxied, Way, free_port, row, row_and_slips
from proxy_bars import bar, check_completed, check_failed, follow, pair, show, work
from vmqemu import Failure, need_tools, wait_until


@bar
def matrix(setup):
    """Every transport, with and without return-path; the guest goes on without gap or repeat."""
    table = [("transport", "return-path", "lines", "downtime", "octets of QEMU", "of BER", "events")]
    for kind in ("tcp", "unix", "exec", "fd-socket", "fd-pipe", "fd-file", "file"):
        for return_path in (False, True):
            caps = ["return-path"] if return_path else []
            with work() as place, pair(setup, place, caps) as (src, dst):
                info = follow(src, dst, Way(kind, place, return_path))
                lines = row(src.text(), dst.text())
                counts = info["ber"]
                src.ask("query-status")
                table.append((kind, "yes" if return_path else "no", lines, info["downtime"],
                              counts["legacy-octets"], counts["ber-octets"],
                              " ".join(src.statuses())))
                if src.statuses()[-1:] != ["completed"]:
                    raise Failure(f"events of the source: {src.statuses()}")
            show(table[-1:])
    show(table)


@bar
def channels(setup):
    """The list of channels of newer QEMU, in the place of a URI (needs --source-root: 10.0)."""
    table = [("transport", "lines", "became")]

    def main_channel(**addr):
        return [{"channel-type": "main", "addr": addr}]

    for kind in ("unix", "tcp", "exec", "file", "fd"):
        with work() as place, pair(setup, place) as (src, dst):
            port, path, ours = str(free_port()), str(place / "way"), None
            if kind == "unix":
                here = there = main_channel(transport="socket", type="unix", path=path)
            elif kind == "tcp":
                here = there = main_channel(transport="socket", type="inet", host="127.0.0.1",
                                            port=port)
            elif kind == "exec":
                here = main_channel(transport="exec", args=[
                    "/usr/bin/socat", "-u", "-", f"UNIX-CONNECT:{path},retry=100,interval=0.05"])
                there = main_channel(transport="exec", args=[
                    "/usr/bin/socat", "-u", f"UNIX-LISTEN:{path}", "-"])
            elif kind == "file":
                here = there = main_channel(transport="file", filename=path, offset=4096)
            else:
                ours, theirs = socket.socketpair()
                src.give_fd("out", ours.fileno())
                dst.give_fd("in", theirs.fileno())
                ours.close()
                theirs.close()
                here = main_channel(transport="socket", type="fd", str="out")
                there = main_channel(transport="socket", type="fd", str="in")
            if kind != "file":
                dst.ask("migrate-incoming", channels=there)
            src.ask("migrate", channels=here)
            info = src.final_status()
            if kind == "file":
                dst.ask("migrate-incoming", channels=there)
            dst.final_status()
            dst.wait_counter()
            table.append((kind, row(src.text(), dst.text()), info.get("ber", {}).get("state")))
            if info["status"] != "completed" or "ber" not in info:
                raise Failure(f"{kind}: {info}")
    show(table)


@bar
def features(setup):
    """The source uses what both ends have; what the destination lacks it lowers before it begins."""
    virtio, lift = "device.virtio.structured", ["--lift"]
    table = [("machine", "source", "destination", "the stream may use", "blobs as structs", "lines")]
    rows = [("pc-q35-7.2", [], [], 0), ("pc-q35-7.2", lift, [], 9),
            ("pc-q35-7.2", lift, ["--without", virtio], 8),
            ("pc-q35-7.2", ["--with", virtio], [], 1), ("pc-q35-7.2", ["--without", virtio], [], 0)]
    if setup.source_root and setup.target_root:     # QEMU 10.0
        rows += [("pc-q35-10.0", [], [], 9), ("pc-q35-10.0", [], ["--without", virtio], 8)]
    for machine, ours, theirs, wanted in rows:
        with work() as place, pair(
                dataclasses.replace(setup, machine=machine), place, proxy_args=ours,
                target_args=theirs, source_extra=["-device", "virtio-rng-pci"],
                target_extra=["-device", "virtio-rng-pci"]) as (src, dst):
            ber = follow(src, dst, Way("unix", place, False))["ber"]
            table.append((machine, " ".join(ours), " ".join(theirs), len(ber["features"]),
                          ber["lifted"], row(src.text(), dst.text())))
            if len(ber["features"]) != wanted or (ber["lifted"] > 0) != (wanted > 0) or \
                    (virtio in ber["peer-features"]) != (virtio not in theirs) or \
                    dst.ask("query-migrate")["ber"]["features"] != ber["features"]:
                raise Failure(f"{table[-1]}: {ber}")
    show(table)


@bar
def loop(setup):
    """Migrations in a row, back and forth, of a guest that dirties memory; nothing is left."""
    count = setup.count or 20
    consoles, downtimes, states = [], [], []
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(work())
        here = stack.enter_context(Proxied(setup, place, "src0"))
        here.wait_counter()
        idle = here.proxy_state()
        for turn in range(1, count + 1):
            there = stack.enter_context(
                Proxied(setup, place, f"dst{turn}", ["-incoming", "defer"]))
            idle_there = there.proxy_state()
            for qemu in (here, there):
                qemu.set_capabilities(["events"] + (["return-path"] if turn % 2 else []))
            here.ask("migrate-set-parameters", **PARAMETERS)
            info = follow(here, there, Way(("tcp", "unix")[turn // 2 % 2], place, turn % 2))
            downtimes.append(info["downtime"])
            consoles.append(here.text())
            wait_until(lambda: here.proxy_state()[1] == 0, f"turn {turn}: the codec's end", 5)
            states.append((idle, here.proxy_state()))
            if states[-1][1][0] != idle[0]:
                raise Failure(f"turn {turn}: {states[-1][1][0]} descriptors, {idle[0]} before")
            here.close()
            here, idle = there, idle_there
        lines, slips = row_and_slips(*consoles, here.text())
        if len(slips) > 1 + count // 50:
            raise Failure(f"the guest has gone back {len(slips)} times: {slips}")
        # One proxy that lives through many migrations: to files, of a guest that goes on each time.
        first = None
        for turn in range(count):
            here.ask("migrate", uri=f"file:{place}/turn.ber")
            if here.final_status()["status"] != "completed":
                raise Failure(f"file {turn}: {here.ask('query-migrate')}")
            here.ask("cont")
            here.wait_counter(3)
            first = first or here.proxy_state()
        last = here.proxy_state()
        if last[:2] != first[:2] or last[2] > first[2] + 256:
            raise Failure(f"one proxy: {first} after the first migration, {last} after the last")
        left = [path.name for path in place.iterdir() if path.name.startswith("turn.ber.")]
        if left:
            raise Failure(f"files are left: {left}")
        before, after = (list(zip(*column)) for column in zip(*states))
        show([("migrations", "lines in a row", "slips of TCG", "median downtime", "descriptors",
               "processes", "resident KiB"),
              (f"{count} back and forth, each proxy before", "", "", "", spread(before[0]),
               spread(before[1]), spread(before[2])),
              ("... in and out", lines, len(slips), statistics.median(downtimes), spread(after[0]),
               spread(after[1]), spread(after[2])),
              (f"{count} by one proxy, behind the first", "", "", "", *first),
              ("... behind the last", "", "", "", *last)])


def spread(values):
    """The least and the greatest, or the one that they all are."""
    return f"{min(values)}" if min(values) == max(values) else f"{min(values)} to {max(values)}"


def happened(qemu, name):
    """When an event came last, in seconds, as QEMU's clock has it; both ends share that clock."""
    found = [event["timestamp"] for event in qemu.events if event["event"] == name]
    if not found:
        raise Failure(f"{qemu.name}: no event {name}")
    return found[-1]["seconds"] + found[-1]["microseconds"] / 1e6


def timed_migration(setup, kind, return_path, parameters, ber, stopped):
    """One migration: MB/s of a guest that is stopped, else its ms from STOP here to RESUME there."""
    guest = f"fill={384 if stopped else 32} touch=1"
    with work() as place, Proxied(setup, place, "dst", ["-incoming", "defer"], ber,
                                  guest=guest) as dst, \
            Proxied(setup, place, "src", (), ber, guest=guest) as src:
        for qemu in (src, dst):
            qemu.set_capabilities(["events", *(["return-path"] if return_path else [])])
        src.ask("migrate-set-parameters", **{"downtime-limit": 100, **parameters})
        src.wait_counter(20)
        if stopped:
            src.ask("stop")
        way = Way(kind, place, return_path)
        way.destination(dst)
        began = time.time()
        src.ask("migrate", uri=way.source(src))
        info, end = src.final_status(), dst.final_status()
        if (info["status"], end["status"]) != ("completed", "completed"):
            raise Failure(f"{info}, {end}")
        # No row is asked for: see row_and_slips.
        if stopped:
            return info["ram"]["transferred"] / (happened(dst, "MIGRATION") - began) / 1e6
        dst.wait_counter()
        return (happened(dst, "RESUME") - happened(src, "STOP")) * 1000


@bar
def downtime(setup):
    """With BER against without, the same guest, alternating, medians: 10 ms more, 0.9 as fast.

    That is with the bandwidth that QEMU takes by default, 128 MiB/s. Without a limit the processors are
    what there is to share: this end, the other end and their codecs, where two hosts would have twice
    as many. There the bars are 25 ms and 0.4; 3 ms and 0.5 to 1.1 were measured. The guest polls, and
    would keep a processor to itself; so it is stopped where the throughput is measured.
    """
    count = setup.count or 21
    load = os.getloadavg()[0]
    setup = dataclasses.replace(setup, ram=512)
    table = [("bandwidth", "transport", "return-path", "downtime without", "with",
              "throughput without", "with", "of it")]
    bad = []
    for bandwidth, parameters, more, part in (("default", {}, 10, 0.9),
                                              ("no limit", {"max-bandwidth": 1 << 36}, 25, 0.4)):
        for kind, return_path in (("unix", False), ("tcp", False), ("tcp", True)):
            medians = []
            for stopped, times in (False, count), (True, max(count // 3, 1)):
                seen = {False: [], True: []}
                for _ in range(times):
                    for ber, values in seen.items():
                        values.append(timed_migration(setup, kind, return_path, parameters, ber,
                                                      stopped))
                medians += [statistics.median(values) for values in seen.values()]
            down, ber_down, rate, ber_rate = medians
            table.append((bandwidth, kind, "yes" if return_path else "no", f"{down:.1f} ms",
                          f"{ber_down:.1f} ms", f"{rate:.0f} MB/s", f"{ber_rate:.0f} MB/s",
                          f"{ber_rate / rate:.2f}"))
            show(table[-1:])
            if ber_down > down + more or ber_rate < part * rate:
                bad.append(table[-1])
    show(table)
    print(f"  {count} of each, {max(count // 3, 1)} for throughput; load average before: {load:.2f}; "
          f"processors: {os.cpu_count()}", flush=True)
    if bad:
        raise Failure(f"too much downtime, or too little throughput: {bad}")


@contextlib.contextmanager
def two_hosts(setup):
    """The proxies in two network namespaces with a cable between them; gives its two ends."""
    names = [f"vmber-{end}-{os.getpid()}" for end in ("src", "dst")]
    with contextlib.ExitStack() as stack:
        for name in names:
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
        ip("link", "add", "cable", "netns", names[0], "type", "veth", "peer", "name", "cable",
           "netns", names[1])
        for number, name in enumerate(names, 1):
            ip("-n", name, "addr", "add", f"10.99.8.{number}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
        setup.prefixes = {end: ("ip", "netns", "exec", name)
                          for end, name in zip(("src", "dst"), names)}
        yield names


def ip(*words):
    """Runs ip."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")


@bar
def network(setup):
    """Two hosts, and a cable that is pulled; with and without return-path."""
    need_tools(["ip"])
    table = [("return-path", "cable pulled", "the client of the source reads", "its guest",
              "seconds")]
    with two_hosts(setup) as names:
        for return_path in (False, True):
            for pulled in (True, False):
                caps = ["return-path"] if return_path else []
                with work() as place, pair(setup, place, caps,
                                           proxy_args=["--network-timeout", "3"]) as (src, dst):
                    port = free_port()
                    dst.ask("migrate-incoming", uri=f"tcp:10.99.8.2:{port}")
                    began = time.monotonic()
                    if pulled:
                        src.ask("migrate-set-parameters", **{"max-bandwidth": 4 << 20})
                    src.ask("migrate", uri=f"tcp:10.99.8.2:{port}")
                    if pulled:
                        src.wait_migration(("active",), 10)
                        time.sleep(0.5)
                        began = time.monotonic()
                        ip("-n", names[1], "link", "set", "cable", "down")
                        line = check_failed(src, dst)
                        ip("-n", names[1], "link", "set", "cable", "up")
                    else:
                        line = check_completed(src, dst)
                    seconds = time.monotonic() - began
                    table.append(("yes" if return_path else "no", "yes" if pulled else "no", *line,
                                  f"{seconds:.1f}"))
                    if seconds > 10:    # the timeout is 3, and 30 if nobody says
                        raise Failure(f"{table[-1]}")
    show(table)
