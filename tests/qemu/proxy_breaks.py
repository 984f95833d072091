"""Bars of `vmber proxy`: migrations that something happens to."""

import concurrent.futures
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

from proxied import PARAMETERS, Proxied, Way, Wire, row
from proxy_bars import bar, check_completed, check_failed, kill_codec, pair, show, work
from vmqemu import Failure, wait_until


STAGES = (("setup", "data", 0), ("live", "data", 1 << 20), ("tail", "data", None),
          ("trailer", "end", 0), ("verdict", "ready", 0))


@bar
def kill(setup):
    """The codec, the network, or the other QEMU taken away at each stage."""
    table = [("what", "stage", "return-path", "the client of the source reads", "its guest")]
    actions = {"source codec": kill_source_codec,
               "destination codec": lambda src, dst, wire: kill_codec(dst),
               "network": lambda src, dst, wire: wire.cut(),
               "destination QEMU": lambda src, dst, wire: dst.kill()}
    for what, action in actions.items():
        for stage, frame, after in STAGES:
            for return_path in (False, True):
                with work() as place:
                    line = kill_once(setup, place, action, stage, frame, after, return_path)
                table.append((what, stage, "yes" if return_path else "no", *line))
                show(table[-1:])


def kill_source_codec(src, _dst, _wire):
    """Kills the codec that QEMU writes to."""
    return kill_codec(src)


def kill_once(setup, place, action, stage, frame, after, return_path):
    """One migration that something happens to; returns what it came to."""
    wire = Wire(place, frame, after or 0)
    caps = ["pause-before-switchover"] + (["return-path"] if return_path else [])
    done = []

    def act():
        if stage != "tail" or action is not kill_source_codec:
            wire.reached.wait(20)
        time.sleep(0.1)
        done.append(wire.reached.is_set() and src.statuses()[-1:] == ["completed"])
        done.append(action(src, dst, wire))
        time.sleep(0.1)
        wire.go_on()

    with contextlib.closing(wire), pair(setup, place, caps) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        if after is None:
            wire.hold_after(1 << 40)
        src.ask("migrate", uri=f"unix:{wire.front}")
        # In the tail QEMU answers nobody while it waits for the codec: somebody else has to act.
        actor = threading.Thread(target=act)
        if stage in ("tail", "trailer", "verdict"):
            src.wait_migration(("pre-switchover",), 30)
            if after is None:
                wire.hold_after(0)
                if action is kill_source_codec:     # or it would be done before it can be killed
                    os.kill(src.codec(), signal.SIGSTOP)
            actor.start()
            with contextlib.suppress(Failure):
                src.ask("migrate-continue", state="pre-switchover")
                src.ask("query-migrate")
        else:
            actor.start()
        actor.join()
        if done[0]:
            raise Failure("completed before the destination was ready")
        if done[1] is False:       # the source's codec has done its part and is gone
            return check_completed(src, dst)
        return check_failed(src, dst)


@bar
def kill_any_time(setup):
    """The codec killed at moments around the end: failed and a guest here, or completed and there."""
    count = setup.count or 24
    seen = {}
    for turn in range(count):
        victim = ("source", "destination")[turn % 2]
        return_path = turn // 2 % 2 == 1
        with work() as place, pair(setup, place, ["pause-before-switchover"] + (
                ["return-path"] if return_path else [])) as (src, dst):
            way = Way("unix", place, return_path)
            way.destination(dst)
            src.ask("migrate", uri=way.source(src))
            src.wait_migration(("pre-switchover",), 30)
            pid = (src if victim == "source" else dst).codec()
            killer = threading.Timer(turn // 4 * 0.001, lambda: kill_pid(pid))
            killer.start()
            with contextlib.suppress(Failure):      # it may have failed already
                src.ask("migrate-continue", state="pre-switchover")
            info = src.final_status(40)
            killer.join()
            time.sleep(0.3)
            if info["status"] == "failed":
                check_failed(src, dst)
            elif victim == "source" or dst.text():
                check_completed(src, dst)
            elif src.ask("query-status")["running"]:
                raise Failure("completed, and the source runs")
            key = (victim, "yes" if return_path else "no", info["status"],
                   "destination" if dst.text() else "source")
            seen[key] = seen.get(key, 0) + 1
    show([("killed", "return-path", "source reads", "guest at", "times")] +
         [(*key, times) for key, times in sorted(seen.items())])


def kill_pid(pid):
    """Kills a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@bar
def kill_source(setup):
    """The source's QEMU killed at each stage: the destination does not run half a guest."""
    table = [("stage", "return-path", "the destination's proxy says", "guest runs at")]
    for stage, frame, after in STAGES:
        for return_path in (False, True):
            with work() as place, contextlib.closing(Wire(place, frame, after or 0)) as wire, \
                    pair(setup, place, ["pause-before-switchover"] + (
                        ["return-path"] if return_path else [])) as (src, dst):
                dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
                if after is None:
                    wire.hold_after(1 << 40)
                src.ask("migrate", uri=f"unix:{wire.front}")
                if stage in ("tail", "trailer", "verdict"):
                    src.wait_migration(("pre-switchover",), 30)
                    if after is None:
                        wire.hold_after(0)
                    src.ask("migrate-continue", state="pre-switchover")
                wire.reached.wait(20)
                src.kill()
                time.sleep(0.2)
                wire.go_on()
                wait_until(lambda: dst.exit_status() is not None, "the destination's end", 20)
                if dst.text():
                    raise Failure("the destination runs a guest")
                said = [line for line in dst.proxy_log.read_text().splitlines()
                        if "migration failed" in line]
                table.append((stage, "yes" if return_path else "no",
                              said[-1].split("failed: ")[-1], "neither"))
    show(table)


# What becomes of it, without and with return-path: what the source reads, and who runs the guest.
# Only with a return path does QEMU itself wait for the other's word.
COMMITTED = {
    "nothing": (("completed", "destination"), ("completed", "destination")),
    "network": (("completed", "neither"), ("completed", "neither")),
    "destination codec": (("completed", "neither"), ("completed", "neither")),
    "destination QEMU": (("completed", "neither"), ("failed", "source")),
    "cancel": (("completed", "destination"), ("completed", "destination")),
    "source proxy ends": ((None, "destination"), (None, "destination")),
}


@bar
def commit(setup):
    """GO is on its way, and something happens: never do two guests run, and one can be had."""
    table = [("what", "return-path", "source", "guest runs at")]
    for what, wanted in COMMITTED.items():
        for return_path in (False, True):
            with work() as place, contextlib.closing(Wire(place, "go")) as wire, \
                    pair(setup, place, ["return-path"] if return_path else []) as (src, dst):
                line = commit_once(src, dst, wire, what)
                table.append((what, "yes" if return_path else "no", line[0], line[1]))
                show(table[-1:])
                if line != wanted[return_path]:
                    raise Failure(f"{what}: {line}, expected {wanted[return_path]}")
                if line == ("completed", "neither"):
                    src.ask("cont")
                    src.wait_counter()
                    row(src.text())


def commit_once(src, dst, wire, what):
    """Stops a migration when GO has been sent; returns what the source reads, and who runs."""
    dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
    src.ask("migrate", uri=f"unix:{wire.front}")
    if not wire.reached.wait(20):
        raise Failure("GO has not been sent")
    if what == "network":
        wire.cut()
    elif what == "destination codec":
        kill_codec(dst)
    elif what == "destination QEMU":
        dst.kill()
    elif what == "cancel":
        src.ask("migrate_cancel")
    elif what == "source proxy ends":
        src.proxy.terminate()
        src.proxy.wait()
    time.sleep(0.1)
    wire.go_on()
    status = src.final_status(40)["status"] if what != "source proxy ends" else None
    if status == "failed":
        src.wait_counter()
    time.sleep(0.5)
    before = len(src.counter()), len(dst.counter())
    time.sleep(0.5)
    runs = [name for name, count, qemu in zip(("source", "destination"), before, (src, dst))
            if len(qemu.counter()) > count]
    return status, " and ".join(runs) or "neither"


TEXT_LEN = 640     # of a report: ERR_PATH_MAX + ERR_TEXT_MAX


class Codec:
    """The codec that reads from the network, as the proxy starts it, fed from a file."""

    def __init__(self, vmber, octets):
        self._vmber = vmber
        self._in, self._out = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self._in.write(octets)
        self._in.flush()

    def close(self):
        """Forgets the files."""
        self._in.close()
        self._out.close()

    def flip(self, at, bit):
        """Changes a bit of its input."""
        fd = self._in.fileno()
        os.pwrite(fd, bytes([os.pread(fd, 1, at)[0] ^ 1 << bit]), at)

    def run(self, environment=None):
        """Runs it; returns exit status, what it has let go, whether it said READY, and why it failed."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._in.seek(0)
        self._out.seek(0)
        self._out.truncate()
        with ours:
            with theirs:
                moves = [(os.POSIX_SPAWN_DUP2, one, other) for one, other in (
                    (self._in.fileno(), 0), (self._out.fileno(), 1), (theirs.fileno(), 3))]
                pid = os.posix_spawn(self._vmber, ["vmber", "codec", "--channel", "decode"],
                                     {**os.environ, **(environment or {})}, file_actions=moves)
            reports = []
            while report := ours.recv(4096):
                reports.append(report)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if not reports or (reports[-1][:1] == b"f") != (status > 0):
            raise Failure(f"the codec ends with status {status}, and does not say why")
        text = reports[-1][-TEXT_LEN:].split(b"\0")[0].decode()
        self._out.seek(0)
        return status, self._out.read(), any(report[:1] == b"r" for report in reports), text


def flip_through_codec(setup, sent):
    """A bit in each kilobyte, one at a time, through the real codec; returns what to show."""
    hello = 8 + int.from_bytes(sent[4:8], "big")
    frames = bytes(sent[hello:])
    with contextlib.closing(Codec(setup.vmber, frames)) as codec:
        status, legacy, ready, _ = codec.run()
        if status != 0 or not ready:
            raise Failure(f"the codec ends with status {status} on what was sent")
    with contextlib.closing(Codec(setup.vmber, frames[:-8])) as codec:
        status, before_go, ready, _ = codec.run()
        if status == 0 or not ready or not legacy.startswith(before_go) or \
                legacy[len(before_go)] != 0:
            raise Failure("without GO the codec does not stop before the EOF octet")
    places = [(at + random.Random(at).randrange(min(1024, len(frames) - at)), at // 1024)
              for at in range(0, len(frames), 1024)]
    least = min(pool_map(lambda part: flip_each(setup, frames, legacy, len(before_go), part),
                         (places[::2], places[1::2])))
    return (len(places), len(frames), len(legacy), len(legacy) - len(before_go), least)


def pool_map(function, parts):
    """function of each part, at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(function, parts))


def flip_each(setup, frames, legacy, most, places):
    """Flips the places one after the other; returns the fewest octets that were kept back."""
    least = len(legacy)
    with contextlib.closing(Codec(setup.vmber, frames)) as codec:
        for at, number in places:
            codec.flip(at, number % 8)
            status, let_go, _, _ = codec.run()
            codec.flip(at, number % 8)
            if status == 0 or len(let_go) > most or not legacy.startswith(let_go):
                raise Failure(f"octet {at}, bit {number % 8}: status {status}, {len(let_go)} octets "
                              "were let go")
            least = min(least, len(legacy) - len(let_go))
    return least


@bar
def flip(setup):
    """A flipped bit in each kilobyte on its way: the destination never starts the guest."""
    count = setup.count or 24
    small = "fill=1"
    with work() as place, contextlib.closing(Wire(place)) as wire, \
            pair(setup, place, guest=small) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        src.ask("migrate", uri=f"unix:{wire.front}")
        src.final_status()
        dst.wait_counter()
        sent = bytes(wire.sent)
    show([("bits flipped, one a kilobyte", "octets of the channel", "octets of QEMU",
           "held back until GO", "at least kept back")] + [flip_through_codec(setup, sent)])
    hello = 8 + int.from_bytes(sent[4:8], "big")
    places = [0, 3, 6, 8, 40, hello - 1, hello, hello + 9] + \
             [len(sent) * step // count for step in range(1, count)]
    table = [("octet", "the client of the source reads", "its guest")]
    for place_of in places:
        with work() as place, contextlib.closing(Wire(place, flip=place_of)) as wire, \
                pair(setup, place, guest=small) as (src, dst):
            dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
            src.ask("migrate", uri=f"unix:{wire.front}")
            table.append((place_of, *check_failed(src, dst)))
            if not wire.flipped:
                raise Failure(f"octet {place_of} was not there")
    show(table)


@bar
def held(setup):
    """A stream of which more is held back than memory may hold, through the confined codec."""
    section = b"\1\0\0\0\7\5thing\0\0\0\0\0\0\0\1"
    legacy = b"QEVM\0\0\0\3" + section + random.Random(5).randbytes(96 << 20)
    with work() as place:
        (place / "legacy").write_bytes(legacy)
        done = subprocess.run([setup.vmber, "encode", "-q", "--no-index", place / "legacy"],
                              capture_output=True, check=True)
        frames = b"".join(frame(0xa2, done.stdout[at:at + (1 << 20)])
                          for at in range(0, len(done.stdout), 1 << 20))
        table = [("octets", "room for a file", "status", "let go", "the codec says")]
        for folder in (str(place), "/nonexistent"):
            with contextlib.closing(Codec(setup.vmber, frames + frame(0xa3) + frame(0xa5))) as codec:
                status, let_go, _, said = codec.run({"TMPDIR": folder})
            table.append((len(legacy), "yes" if folder == str(place) else "no", status, len(let_go),
                          said if status else ""))
            if (status, let_go) != (0, legacy) and folder == str(place):
                raise Failure(f"{table[-1]}")
            if folder != str(place) and (status == 0 or "spool file" not in said or
                                         len(let_go) > len(section) + 8):
                raise Failure(f"{table[-1]}")
        show(table)


def frame(kind, contents=b""):
    """A frame of the channel, docs/format.md section 9."""
    golden, mask = 0x9e3779b97f4a7c15, (1 << 64) - 1
    check = ((kind << 32 | len(contents)) + 1) * golden & mask
    check = (check ^ check >> 32) * golden & mask
    return bytes([kind]) + (check >> 40).to_bytes(3, "big") + len(contents).to_bytes(4, "big") + \
        contents


@bar
def disk(setup):
    """The disk full at every stage: failed, no half file, the guest goes on, and can be saved then."""
    table = [("target", "room of what it takes", "the client of the source reads", "its guest")]
    guest = "fill=1"
    for kind in ("file", "fd", "exec"):
        with work() as place, tmpfs(place / "disk", 64 << 20) as folder:
            with pair(setup, place, guest=guest) as (src, _):
                save(src, kind, folder / "image")
                if src.final_status()["status"] != "completed":
                    raise Failure(f"{src.ask('query-migrate')}")
                needed = (folder / "image").stat().st_size
            for room in (0, needed // 4, needed // 2, needed - (128 << 10), needed - (48 << 10),
                         needed - (24 << 10), needed - (12 << 10), needed - (8 << 10)):
                with pair(setup, place, guest=guest) as (src, dst):
                    (folder / "image").unlink(missing_ok=True)
                    (folder / "ballast").write_bytes(bytes((64 << 20) - (room + 4095) // 4096 * 4096))
                    save(src, kind, folder / "image")
                    line = check_failed(src, dst, "status 1" if kind == "exec" else "No space left")
                    table.append((kind, f"{room} of {needed}", *line))
                    if kind == "file" and sorted(os.listdir(folder)) != ["ballast"]:
                        raise Failure(f"left: {os.listdir(folder)}")
                    (folder / "ballast").unlink()
                    save(src, kind, folder / "image")
                    if src.final_status()["status"] != "completed":
                        raise Failure(f"once there is room: {src.ask('query-migrate')}")
                    subprocess.run([setup.vmber, "verify", folder / "image"], check=True,
                                   stdout=subprocess.DEVNULL)
    show(table)


@contextlib.contextmanager
def tmpfs(path, size):
    """A file system of that size."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def save(src, kind, path):
    """Begins a migration to path."""
    if kind == "fd":
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        src.give_fd("image", fd)
        os.close(fd)
        src.ask("migrate", uri="fd:image")
    else:
        src.ask("migrate", uri=f"file:{path}" if kind == "file" else f"exec:cat >{path}")


@bar
def wedge(setup):
    """A network that takes nothing and says nothing: yank and cancel, in band and out, end it.

    No event and no question of the client tells the proxy that QEMU has ended the migration.
    """
    table = [("what", "the source reads", "seconds", "its guest", "processes left")]
    for what in ("yank", "yank out of band", "migrate_cancel"):
        with work() as place, contextlib.closing(Wire(place, "data", 1 << 20)) as wire, \
                pair(setup, place, ["return-path"]) as (src, dst):
            if what == "yank out of band":
                src.reconnect(oob=True)
            src.ask("migrate-set-capabilities",
                    capabilities=[{"capability": "events", "state": False}])
            dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
            src.ask("migrate", uri=f"unix:{wire.front}")
            wire.reached.wait(20)
            time.sleep(0.5)     # until everything is full
            began = time.monotonic()
            if what == "migrate_cancel":
                src.ask("migrate_cancel")
            else:
                src.raw(json.dumps({"exec-oob" if "band" in what else "execute": "yank", "arguments":
                                    {"instances": [{"type": "migration"}]}}).encode())
            wait_until(lambda: src.proxy_state()[1] == 0, "the end of the codec", 10)
            seconds = time.monotonic() - began
            info = src.final_status(10)
            said = f"{info['status']}: {info.get('error-desc', '')}"
            # QEMU 10.0 shuts the return path before it notes that it cancels, and fails then; so it
            # does without a proxy.
            if info["status"] != "failed" and (what, info["status"]) != ("migrate_cancel", "cancelled"):
                raise Failure(said)
            if not src.ask("query-status")["running"]:
                src.ask("cont")
            src.wait_counter()
            src.ask("migrate", uri=f"file:{place}/image")
            if src.final_status()["status"] != "completed":
                raise Failure(f"behind it: {src.ask('query-migrate')}")
            row(src.text())
            table.append((what, said, f"{seconds:.1f}", "ran on", src.proxy_state()[1]))
    show(table)


@bar
def linger(setup):
    """A command that lingers behind the end of the stream: what it may have started is not cancelled."""
    table = [("return-path", "behind the end", "migrate_cancel", "at last", "guest runs at")]
    for return_path in (False, True):
        with work() as place, pair(setup, place, ["return-path"] if return_path else []) as (src, dst):
            src.ask("migrate", uri=f"exec:cat >{place}/image && touch {place}/end && "
                                   f"while [ ! -e {place}/leave ]; do sleep 0.05; done")
            wait_until((place / "end").exists, "the end of the stream", 20)
            before = src.ask("query-migrate")["status"]
            answer = src.ask("migrate_cancel")
            dst.ask("migrate-incoming", uri=f"file:{place}/image")
            dst.wait_counter()
            between = src.ask("query-migrate")["status"]
            (place / "leave").touch()
            status = check_completed(src, dst)[0]
            table.append(("yes" if return_path else "no", before, answer, status, "the destination"))
            if before != "active" or between != "active" or "cancelled" in src.statuses() or \
                    src.ask("query-status")["running"]:
                raise Failure(f"{table[-1]}, {between}: {src.statuses()}")
    show(table)


@bar
def unread(setup):
    """A command that ends well, and has not read all: failed, and the guest can be resumed."""
    with work() as place, Proxied(setup, place, "src") as src:
        src.wait_counter()
        src.ask("stop")         # the second stream is as long as the first
        src.ask("migrate", uri=f"exec:cat >{place}/all")
        if src.final_status()["status"] != "completed":
            raise Failure(f"{src.ask('query-migrate')}")
        src.ask("cont")
        src.ask("stop")
        short = (place / "all").stat().st_size - 20000
        src.ask("migrate", uri=f"exec:head -c {short} >{place}/part; sleep 1")
        info = src.final_status()
        show([("query-migrate", info["status"], info.get("error-desc"))])
        if info["status"] != "failed" or "without reading the last" not in info["error-desc"]:
            raise Failure(f"{info}")
        if not src.ask("query-status")["running"]:
            src.ask("cont")
        src.wait_counter()


@bar
def beside(setup):
    """Behind a migration that failed: what HMP migrates, or saves, has a status of its own."""
    table = [("command", "QEMU's answer", "query-migrate reads", "the guest")]
    with work() as place:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", place / "disk", "64M"], check=True)
        disk = ["-blockdev", f"qcow2,node-name=d,file.driver=file,file.filename={place}/disk",
                "-device", "virtio-blk-pci,drive=d"]
        with Proxied(setup, place, "src", disk) as src:
            src.set_capabilities(["events"])
            src.ask("migrate-set-parameters", **PARAMETERS)
            for command, wanted in (("migrate -d nowhere:1", "failed"),
                                    (f"migrate -d exec:cat>{place}/one", "completed"),
                                    (f"migrate exec:cat>{place}/two", "completed"),
                                    ("savevm", "completed"), ("snapshot-save", "completed")):
                src.wait_counter()
                src.ask("migrate", uri="exec:cat >/dev/full")       # QEMU itself has completed
                if src.final_status()["status"] != "failed":
                    raise Failure(f"{src.ask('query-migrate')}")
                src.events.clear()
                if command == "snapshot-save":
                    answer = src.ask(command, **{"job-id": "j", "tag": "t", "vmstate": "d",
                                                 "devices": ["d"]})
                    wait_until(lambda: src.ask("query-jobs")[0]["status"] == "concluded", "the job", 20)
                else:
                    answer = src.ask("human-monitor-command", **{"command-line": command})
                info = src.final_status()
                table.append((command.split(f"{place}")[0], repr(answer), info["status"],
                              src.ask("query-status")["status"]))
                if info["status"] != wanted or (wanted == "completed" and (
                        "ber" in info or src.statuses()[-1:] != ["completed"])):
                    raise Failure(f"{table[-1]}: {info}, {src.statuses()}")
                src.ask("cont")
    show(table)


@bar
def mismatch(setup):
    """A destination that has other devices: with a return path the source reads failed and runs on."""
    table = [("only at the source", "return-path", "the source reads", "its guest",
              "the destination says")]
    for device, return_path in itertools.product(("e1000", "virtio-rng-pci"), (False, True)):
        with work() as place, pair(setup, place, ["return-path"] if return_path else [],
                                   source_extra=["-device", device]) as (src, dst):
            way = Way("unix", place, return_path)
            way.destination(dst)
            src.ask("migrate", uri=way.source(src))
            info = src.final_status(20)
            wait_until(lambda: dst.exit_status() is not None, "the destination's end", 10)
            if return_path and info["status"] != "failed":
                raise Failure(f"the source says {info['status']}")
            running = src.ask("query-status")["running"]
            if not running:
                src.ask("cont")
            src.wait_counter()
            row(src.text())
            table.append((device, "yes" if return_path else "no",
                          f"{info['status']}: {info.get('error-desc', '')}",
                          "ran on" if running else "resumed by cont", dst.log_tail()))
    show(table)
