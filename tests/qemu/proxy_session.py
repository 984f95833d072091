"""Bars of `vmber proxy`: what its client, its configuration and its codecs may do."""

import array
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from proxied import PARAMETERS, Proxied, Way, Wire, row
from proxy_bars import bar, check_failed, follow, kill_codec, pair, show, work
from vmqemu import Failure, wait_until


QUERIES_THAT_VARY = {"query-migrate", "query-cpus-fast", "query-stats", "query-blockstats",
                     "query-replay", "query-dirty-rate", "query-chardev", "query-memory-devices",
                     "query-named-block-nodes", "query-jobs", "query-balloon"}


@bar
def identity(setup):
    """A QMP session with and without the proxy: the same octets but for the lines of 'ber'."""
    with work() as place:
        seen = {}
        for through in (False, True):
            folder = place / ("with" if through else "without")
            folder.mkdir()
            one = dataclasses.replace(setup, vmber=setup.vmber if through else None)
            with Proxied(one, folder, "src", ["-S"], ber=False) as src:
                names = sorted(item["name"] for item in src.ask("query-commands")
                               if item["name"].startswith("query-"))
                seen[through] = [src_raw(src, octets) for octets in requests(names)]
    table, differing, total = [("query", "octets", "octets more")], [], 0
    for octets, plain, proxied in zip(requests(names), seen[False], seen[True]):
        total += 1
        if plain != proxied:
            name = octets[:60].decode("latin-1")
            differing.append(name)
            table.append((name, len(plain), len(proxied) - len(plain)))
            stripped = proxied
            for piece in (b', {"state": false, "capability": "ber"}', b', "ber"',
                          b', {"name": "ber"}',
                          b', {"name": "ber", "default": null, "type": "any"}',
                          b', {"name": "ber", "default": null, "type": "any"}'):
                stripped = stripped.replace(piece, b"", 1)
            if stripped != plain:
                at = next((i for i, (a, b) in enumerate(zip(plain, stripped)) if a != b), -1)
                raise Failure(f"{name}: other octets at {at}: {plain[at - 40:at + 40]!r} and "
                              f"{stripped[at - 40:at + 40]!r}")
    show(table)
    print(f"  {total} messages, {total - len(differing)} identical", flush=True)
    if len(differing) != 2:
        raise Failure(f"expected two queries to differ, found {differing}")


def requests(names):
    """What is asked: every query that tells the same twice, and odd messages."""
    yield from (f'{{"execute": "{name}", "id": "{name}"}}\n'.encode() for name in names
                if name not in QUERIES_THAT_VARY)
    yield b"{'execute': 'query-status', 'id': 'single \\' quotes'}"
    yield b'{"execute":"query-name","id":{"a":[1,2.5,null,"\\u00e9"]}}\r\n'
    yield b'{"execute": "query-name"}'
    yield b'{"execute": "no-such-command", "id": 7}\n'
    yield b'{"execute": }\n'
    yield b'[1, 2]\n'
    yield b'5\n'
    yield b'"a string"'
    yield b'{"execute": "query-migrate", "arguments": 3}\n'
    yield b'\xff'
    yield b'{"execute": "migrate", "arguments": {}}\n'
    yield b'{"execute": "migrate-set-capabilities", "arguments": {"capabilities": [{"capability": "none-such", "state": true}]}}'
    yield b'{"execute": "migrate-set-capabilities", "arguments": {"capabilities": []}}'


def src_raw(src, octets):
    """Sends octets, and returns the octets of the answer."""
    src._sock.sendall(octets)
    line = src._lines.readline()
    while b'"event"' in line[:90]:
        line = src._lines.readline()
    return line


@bar
def capability(setup):
    """The capability as QEMU shows its own; what cannot be combined is refused by both names."""
    table = [("asked", "answer")]
    with work() as place, Proxied(setup, place, "src", ber=False) as src:
        def on():
            return {item["capability"]: item["state"]
                    for item in src.ask("query-migrate-capabilities")}

        def say(what, answer):
            table.append((what, answer))

        def refused(what, function):
            try:
                function()
            except Failure as error:
                say(what, str(error).split(": ", 2)[-1])
                return str(error)
            raise Failure(f"{what} was not refused")

        def incompatible(what, other, function):
            text = refused(what, function)
            if f"Capability 'ber' is not compatible with {other}" not in text:
                raise Failure(f"{what}: {text}")

        if on()["ber"]:
            raise Failure("'ber' is on from the start")
        src.set_capabilities(["ber", "xbzrle", "return-path"])
        if not (on()["ber"] and on()["xbzrle"]):
            raise Failure(f"not all on: {on()}")
        say("ber, xbzrle, return-path on", "all on")
        for other in ("multifd", "mapped-ram", "postcopy-ram", "postcopy-preempt", "x-colo",
                      "background-snapshot", "zero-copy-send", "rdma-pin-all"):
            for names in ([other], ["ber", other]):
                incompatible(f"{' and '.join(names)} on", f"capability '{other}'",
                             lambda: src.set_capabilities(names))
        src.ask("migrate-set-capabilities", capabilities=[{"capability": "ber", "state": False}])
        if on()["ber"]:
            raise Failure("'ber' does not go off")
        src.ask("migrate-set-capabilities",
                capabilities=[{"capability": "xbzrle", "state": False}])
        src.set_capabilities(["multifd"])
        incompatible("ber on, beside multifd", "capability 'multifd'",
                     lambda: src.set_capabilities(["ber"]))
        src.ask("migrate-set-capabilities",
                capabilities=[{"capability": "multifd", "state": False}])
        src.set_capabilities(["ber"])
        src.reconnect()
        if not on()["ber"]:
            raise Failure("'ber' was forgotten between two clients")
        say("another client", "ber is on still")
        refused("migrate to nowhere:", lambda: src.ask("migrate", uri="nowhere:1"))
        incompatible("migrate rdma:", "rdma migration",
                     lambda: src.ask("migrate", uri="rdma:host:1"))
        incompatible("migrate file:/dev/fdset/1", "file:/dev/fdset migration",
                     lambda: src.ask("migrate", uri="file:/dev/fdset/1"))
        refused("migrate fd:none", lambda: src.ask("migrate", uri="fd:none"))
        refused("migrate file:/none/x", lambda: src.ask("migrate", uri="file:/none/x"))
        src.ask("migrate-set-parameters", **{"tls-creds": "creds0"})
        incompatible("migrate with tls-creds", "parameter 'tls-creds'",
                     lambda: src.ask("migrate", uri="tcp:127.0.0.1:1"))
        src.ask("migrate-set-parameters", **{"tls-creds": ""})
        src.ask("migrate", uri="tcp:127.0.0.1:1")
        desc = src.final_status()["error-desc"]
        if not re.fullmatch(r"Failed to connect to '127\.0\.0\.1:\d+': Connection refused", desc):
            raise Failure(desc)
        say("migrate to a closed port", desc)
        src.ask("migrate", uri="exec:cat >/dev/full")
        say("migrate to a full disk, by exec", src.final_status()["error-desc"])
        src.ask("migrate", uri="file:/dev/full")
        say("migrate to a full disk, by file", src.final_status()["error-desc"])
        src.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 16})
        src.ask("migrate", uri=f"file:{place}/cancelled")
        refused("a second migrate", lambda: src.ask("migrate", uri=f"file:{place}/second"))
        src.wait_migration(("active",), 10)
        src.ask("migrate_cancel")
        info = src.final_status()
        say("migrate_cancel", info["status"])
        if info["status"] != "cancelled" or (place / "cancelled").exists():
            raise Failure(f"cancelled: {info}")
        if not src.ask("query-status")["running"]:
            src.ask("cont")
        src.wait_counter()
    show(table)


@bar
def other_format(setup):
    """'ber' on one side only: refused at once, by name."""
    table = [("source", "destination", "the source reads", "the destination says")]
    for ber in (True, False):
        with work() as place, Proxied(setup, place, "dst", ["-incoming", "defer"], not ber) as dst, \
                Proxied(setup, place, "src", (), ber) as src:
            src.wait_counter()
            dst.ask("migrate-incoming", uri=f"unix:{place}/wire")
            src.ask("migrate", uri=f"unix:{place}/wire")
            began = time.monotonic()
            info = src.final_status(30)
            if info["status"] != "failed" or time.monotonic() - began > 5:
                raise Failure(f"{info} after {time.monotonic() - began:.1f} s")
            wait_until(lambda: dst.exit_status() is not None, "the destination's end", 10)
            names = ("ber", "legacy") if ber else ("legacy", "ber")
            log = [line for line in dst.proxy_log.read_text().splitlines() if "failed" in line]
            said = log[-1].split("failed: ")[1] if log else ""
            # The end with 'ber' names it; the other one is a QEMU by itself.
            table.append((*names, info.get("error-desc", "(no words of QEMU 7.2)"),
                          said or dst.log_tail()))
            if "capability 'ber'" not in (info.get("error-desc", "") if ber else said):
                raise Failure(f"{table[-1]}")
            src.wait_counter()
    with work() as place, Proxied(setup, place, "dst", ["-incoming", "defer"],
                                  proxy_args=("--handshake-timeout", "1")) as dst:
        dst.ask("migrate-incoming", uri=f"unix:{place}/wire")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(place / "wire"))
            wait_until(lambda: "no HELLO" in dst.proxy_log.read_text(), "the handshake's end", 5)
        table.append(("silence", "ber", "", dst.proxy_said().split("failed: ")[1]))
    show(table)


@bar
def isolation(setup):
    """What the codecs may do while a migration is under way."""
    table = [("codec", "NoNewPrivs", "Seccomp", "open files", "address space", "descriptors")]
    with work() as place, contextlib.closing(Wire(place, "data", 1 << 20)) as wire, \
            pair(setup, place) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        src.ask("migrate", uri=f"unix:{wire.front}")
        wire.reached.wait(20)
        for qemu in (src, dst):
            proc = pathlib.Path(f"/proc/{qemu.codec()}")
            status = dict(line.split(":\t", 1) for line in
                          (proc / "status").read_text().splitlines() if ":\t" in line)
            limits = {line[:25].strip(): line[26:].split()[0] for line in
                      (proc / "limits").read_text().splitlines()[1:]}
            table.append((qemu.name, status["NoNewPrivs"], status["Seccomp"],
                          limits["Max open files"], limits["Max address space"],
                          len(list((proc / "fd").iterdir()))))
            if table[-1][1:] != ("1", "2", "5", str(4 << 30), 5):
                raise Failure(f"{table[-1]}")
        wire.go_on()
        src.final_status()
    show(table)


@bar
def rules(setup):
    """The configuration file decides for a client that knows nothing of 'ber'."""
    table = [("rules", "migration", "became")]
    with work() as place:
        config = place / "proxy.conf"
        text = ("# off but for files\noutgoing file * on\n"
                "outgoing network pc-q35 >= 8.0 on\nincoming any * auto\n")
        config.write_text(text)
        args = ["--config", str(config)]
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("file", place, False))
            row(src.text(), dst.text())
            table.append(("outgoing file * on; incoming any * auto", "file",
                          "BER" if "ber" in info else "legacy"))
            if "ber" not in info:
                raise Failure("a file did not become BER")
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("unix", place, False))
            row(src.text(), dst.text())
            table.append(("outgoing network pc-q35 >= 8.0 on; incoming auto", "unix",
                          "BER" if "ber" in info else "legacy"))
            if "ber" in info:
                raise Failure("a 7.2 machine became BER")
        config.write_text(text.replace(">= 8.0", ">= 7.0"))
        with pair(setup, place, ["return-path"], ber=False, proxy_args=args) as (src, dst):
            info = follow(src, dst, Way("unix", place, True))
            row(src.text(), dst.text())
            table.append(("outgoing network pc-q35 >= 7.0 on", "unix",
                          "BER" if "ber" in info else "legacy"))
            if "ber" not in info:
                raise Failure("it did not become BER")
        config.write_text("outgoing network * on require device.none.such\nincoming any * auto\n")
        with pair(setup, place, ber=False, proxy_args=args) as (src, dst):
            way = Way("unix", place, False)
            way.destination(dst)
            src.ask("migrate", uri=way.source(src))
            desc, _ = check_failed(src, dst, "device.none.such")
            table.append(("require device.none.such", "unix", desc))
    show(table)


@bar
def clients(setup):
    """Clients that come and go, in the middle of a migration as well."""
    table = [("what", "outcome")]
    with work() as place, pair(setup, place) as (src, dst):
        second = socket.socket(socket.AF_UNIX)
        second.settimeout(0.3)
        second.connect(str(src.qmp_path))
        try:
            second.recv(1)
            raise Failure("a second client was served beside the first")
        except socket.timeout:
            table.append(("a second client", "waits, as with QEMU"))
        second.close()
        src.ask("migrate-set-parameters", **{"max-bandwidth": 4 << 20})
        way = Way("unix", place, False)
        way.destination(dst)
        src.ask("migrate", uri=way.source(src))
        src.wait_migration(("active",), 10)
        src.reconnect()
        src.ask("migrate-set-parameters", **PARAMETERS)
        info = src.final_status()
        if info["status"] != "completed" or "ber" not in info:
            raise Failure(f"{info}")
        dst.wait_counter()
        table.append(("a client that comes back in mid-migration", f"reads {info['status']}"))
        row(src.text(), dst.text())
    with work() as place, pair(setup, place) as (src, dst):
        way = Way("unix", place, False)
        way.destination(dst)
        src.raw(b'{"execute": "migrate", "arguments": {"uri": "%s"}}' % way.source(src).encode())
        src.leave()
        dst.final_status()
        dst.wait_counter()
        src.come_back()
        info = src.final_status()
        table.append(("a client that is away until the end", f"reads {info['status']}"))
        row(src.text(), dst.text())
    with work() as place, pair(setup, place) as (src, dst):
        way = Way("unix", place, False)
        way.destination(dst)
        src.raw(b'{"execute": "migrate", "arguments": {"uri": "%s"}}' % way.source(src).encode())
        src.leave()
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as silent:
            silent.connect(str(src.qmp_path))       # and does not negotiate
            dst.final_status(10)
        dst.wait_counter()
        src.come_back()
        table.append(("a client that says nothing until the end",
                      f"is sent away; the next reads {src.final_status()['status']}"))
        row(src.text(), dst.text())
    with work() as place, pair(setup, place, ["pause-before-switchover"]) as (src, dst):
        way = Way("unix", place, False)
        way.destination(dst)
        src.ask("migrate", uri=way.source(src))
        src.wait_migration(("pre-switchover",), 20)
        src.leave()
        time.sleep(0.2)
        kill_codec(src)
        wait_until(lambda: src.proxy_state()[1] == 0, "the codec's end", 5)
        time.sleep(0.2)
        src.come_back()
        table.append(("a client that is away when the codec dies before the switchover",
                      f"reads {check_failed(src, dst)[0]}"))
    for what in ("negotiates", "reads"):
        table.append(hold_up(setup, what))
    with work() as place, pair(setup, place) as (src, dst):
        src.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 20})
        way = Way("unix", place, False)
        way.destination(dst)
        src.ask("migrate", uri=way.source(src))
        src.wait_migration(("active",), 10)
        src.proxy.kill()
        src.proxy.wait()
        src.proxy = None
        wait_until(lambda: dst.exit_status() is not None, "the destination's end", 10)
        src.wait_counter()
        if dst.text():
            raise Failure("the destination ran")
        table.append(("the proxy of the source is killed", "the guest runs on at the source only"))
    show(table)


def hold_up(setup, what):
    """A client that is there when the proxy waits for QEMU's word, and does nothing: a row."""
    with work() as place, contextlib.closing(Wire(place, "ready")) as wire, \
            pair(setup, place) as (src, dst):
        dst.ask("migrate-incoming", uri=f"unix:{wire.back}")
        src.ask("migrate", uri=f"unix:{wire.front}")
        wire.reached.wait(20)
        if what == "negotiates":
            src.leave()
            time.sleep(0.2)
            src.signal(signal.SIGSTOP)
            wire.go_on()
            time.sleep(0.3)     # the proxy has asked, over the link it has kept
            silent = socket.socket(socket.AF_UNIX)
            silent.connect(str(src.qmp_path))
            time.sleep(0.3)
            src.signal(signal.SIGCONT)
        else:
            for _ in range(30):
                src._sock.sendall(b'{"execute": "query-qmp-schema"}')
            time.sleep(1)
            wire.go_on()
            silent = contextlib.nullcontext()
        with silent:
            end = dst.final_status(10)["status"]
            dst.wait_counter()
        if what == "negotiates":
            src.come_back()
        else:
            for _ in range(30):
                src.raw(b"")
        here = src.final_status()["status"]
        if (here, end) != ("completed", "completed"):
            raise Failure(f"{here}, {end}")
        row(src.text(), dst.text())
    return f"a client that no more {what} at the switchover", f"does not hold it up: {end}"


@bar
def passing(setup):
    """Descriptors and out-of-band commands go through; a new client negotiates for itself."""
    table = [("what", "outcome")]
    with work() as place, Proxied(setup, place, "src", ber=False) as src:
        with open(place / "file", "wb") as file:
            request = b'{"execute": "add-fd", "arguments": {"fdset-id": 7}}'
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))]
            # An earlier command in the same breath must not get the descriptor.
            src._sock.sendall(b'{"execute": "query-name"}')
            src._sock.sendmsg([request], rights)
            src._receive()
            answer = src._receive()
            if answer.get("return", {}).get("fdset-id") != 7:
                raise Failure(f"add-fd: {answer}")
            table.append(("add-fd behind another command", "its descriptor arrives with it"))
        fds = [src.proxy_state()[0]]
        for turn in range(30):
            with open(place / "file", "rb") as file:
                src.give_fd(f"name{turn % 3}", file.fileno())
            src.ask("closefd", fdname=f"name{turn % 3}")
        fds.append(src.proxy_state()[0])
        if fds[0] != fds[1]:
            raise Failure(f"descriptors of the proxy: {fds}")
        table.append(("getfd and closefd, thirty times", f"the proxy has {fds[1]} descriptors still"))
        many_descriptors(src, place / "file")
        table.append(("getfd, many times in one breath, QEMU asleep", "each has its descriptor"))
        src.leave()
        src._sock = socket.socket(socket.AF_UNIX)
        src._sock.connect(str(src.qmp_path))
        src._sock.settimeout(20)
        src._lines = src._sock.makefile("rb")
        greeting = src._receive()
        answer = src.raw(b'{"execute": "query-name"}')
        if "oob" not in greeting["QMP"]["capabilities"] or "error" not in answer:
            raise Failure(f"{greeting} {answer}")
        src.raw(b'{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}')
        src._sock.sendall(b'{"execute": "query-migrate-capabilities", "id": 1}'
                          b'{"exec-oob": "migrate-pause", "id": 2}'
                          b'{"execute": "query-status", "id": 3}{"execute": "query-name", "id": 3}'
                          b'{"exec-oob": "no-such", "id": 3}')
        answers = {}
        for _ in range(5):
            answer = src._receive()
            answers.setdefault(answer["id"], []).append(answer)
        if "ber" not in str(answers[1]) or "error" not in answers[2][0] or len(answers[3]) != 3:
            raise Failure(f"{answers}")
        table.append(("five commands, two of them out of band", "each answered, with its id"))
    show(table)


def many_descriptors(src, path):
    """More descriptors than the proxy holds on either side, at once; QEMU gets all."""
    most = 68   # that a socket takes which nobody reads
    request = [b'{"execute": "getfd", "arguments": {"fdname": "many"}}']
    src.signal(signal.SIGSTOP)
    try:
        with open(path, "rb") as file:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))]
            for _ in range(3):
                src.proxy.send_signal(signal.SIGSTOP)
                for _ in range(most):
                    src._sock.sendmsg(request, rights)
                src.proxy.send_signal(signal.SIGCONT)
                time.sleep(0.3)
    finally:
        src.proxy.send_signal(signal.SIGCONT)
        src.signal(signal.SIGCONT)
    answers = [src.raw(b"") for _ in range(3 * most)]
    if answers != [{"return": {}}] * (3 * most):
        raise Failure(f"getfd in one breath: {answers}")
    src.ask("closefd", fdname="many")


def shell_command(line):
    """What qmp-shell makes of a line: a name, and key=value pairs, whose values may be JSON."""
    name, *pairs = re.findall(r"""(?:[^\s"']|"(?:\\.|[^"])*"|'(?:\\.|[^'])*')+""", line)
    arguments = {}
    for pair_of in pairs:
        key, _, value = pair_of.partition("=")
        arguments[key] = json.loads(value) if value[:1] in "[{" else value
    return json.dumps({"execute": name, "arguments": arguments}).encode()


@bar
def readme(setup):
    """The lines of README.md, as they stand there."""
    text = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    block = text.split("## `ber` as a migration capability")[1].split("```console\n")[1].split("```")[0]
    lines = block.strip().split("\n")
    if [line.split()[:2] for line in lines] != [
            ["$", "qemu-system-x86_64"], ["$", "vmber"], ["$", "qmp-shell"],
            ["(QEMU)", "migrate-set-capabilities"], ["(QEMU)", "migrate"], ["$", "vmber"]]:
        raise Failure(f"README.md has other lines: {lines}")
    with work() as place, contextlib.ExitStack() as stack:
        lines = [line.replace("/tmp/", f"{place}/") for line in lines]
        real = f"-nodefaults -display none -machine pc-q35-7.2 -m 64M -accel tcg -kernel {setup.guest}"
        path = {**os.environ, "PATH": f"{pathlib.Path(setup.vmber).parent}:{os.environ['PATH']}"}
        for line in lines[:2]:
            words = line[2:].replace("...", real).rstrip(" &").split()
            process = stack.enter_context(subprocess.Popen(
                words, env=path, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
            stack.callback(process.terminate)
            time.sleep(0.5)
        client = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
        client.connect(lines[2].split()[2])
        answers = stack.enter_context(client.makefile("rb"))
        answers.readline()
        for command in (b'{"execute": "qmp_capabilities"}',
                        *(shell_command(line.split(" ", 1)[1]) for line in lines[3:5])):
            client.sendall(command)
            answer = json.loads(answers.readline())
            if answer != {"return": {}}:
                raise Failure(f"{command}: {answer}")
        wait_until((place / "guest.ber").exists, "the file", 20)
        done = subprocess.run(lines[5][2:].split(), env=path, capture_output=True, text=True,
                              check=True)
        show([("lines", "what vmber dump says first"), (len(lines), done.stdout.split("\n")[0])])
