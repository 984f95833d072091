"""Bars of `vmber proxy`: the process: how it is started, what it has open, when it ends."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from proxied import Proxied
from proxy_bars import bar, show, work
from vmqemu import Failure, wait_until


@bar
def wrapper(setup):
    """What vmber-qemu leaves open for its proxy: what its command line has not given to QEMU."""
    table = [("QEMU's arguments", "not inherited")]
    tell = ("#!/usr/bin/env python3\nimport json, os, sys\n"
            "fds = [int(n) for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]\n"
            "open('said', 'w').write(json.dumps([sys.argv, sorted(fd for fd in fds if fd > 2)]))\n"
            "os.rename('said', 'told')\n")
    wrapped = pathlib.Path(setup.vmber).with_name("vmber-qemu")
    for words, given, most in (
            (["-machine", "pc-q35-107.2"], [], 100),
            (["-device", '{"driver":"pcie-root-port","port":107,"chassis":108}'], [], 100),
            (["-netdev", "tap,fds=107:108,id=fd109,vhostfds=110"], [107, 108, 110], 100),
            (["-netdev", '{"type":"tap","fd":"107","vhostfd": 108}'], [107, 108], 100),
            (["-add-fd", "set=109,fd=107,opaque=x"], [107], 100),
            (["-S"], [], 64)):
        held = list(range(101, 115 if most > 64 else 175))
        with work() as place:
            program = place / "tell"
            program.write_text(tell)
            program.chmod(0o700)
            with contextlib.ExitStack() as stack:
                null = os.open(os.devnull, os.O_RDONLY)
                for fd in held:
                    os.dup2(null, fd)
                    stack.callback(os.close, fd)
                os.close(null)
                subprocess.run([wrapped, "-qmp", "unix:q,server=on", "-incoming", "defer", *words],
                               env={**os.environ, "VMBER": str(program), "VMBER_QEMU": "/bin/true"},
                               pass_fds=held, cwd=place, check=True)
            wait_until((place / "told").exists, "the proxy", 10)
            argv, fds = json.loads((place / "told").read_text())
        wanted = [fd for fd in held if fd not in given][:most]
        named = [int(fd) for fd in argv[argv.index("--inherited") + 1].split(",")]
        if named != wanted or fds != wanted:
            raise Failure(f"{words}: expected {wanted}, found {named} and open {fds}")
        table.append((" ".join(words), given or f"none of {len(held)}, of which {len(named)} fit"))
    show(table)
    for words in (["-qmp", "unix:q,server=off"], ["-qmp", "unix:a,,b,server=on"],
                  ["-chardev", "socket,id=m,path=q,server=off", "-mon", "chardev=m,mode=control"]):
        with work() as place:   # nothing to stand before: QEMU's words stay, no proxy is started
            told = subprocess.run([wrapped, *words], env={**os.environ, "VMBER": "/none",
                                                          "VMBER_QEMU": "/bin/echo"},
                                  cwd=place, check=True, capture_output=True, text=True).stdout
        if told != " ".join(words) + "\n":
            raise Failure(f"{words}: {told}")
    for name in ("VMBER", "VMBER_PROXY_CONFIG"):
        ended = subprocess.run([wrapped, "-qmp", "unix:q,server=on"], capture_output=True, text=True,
                               env={**os.environ, "VMBER": "/bin/true", "VMBER_QEMU": "/bin/true",
                                    name: "/none"}, check=False)
        if ended.returncode == 0 or "/none" not in ended.stderr:
            raise Failure(f"{name}=/none: status {ended.returncode}, {ended.stderr}")


@bar
def taken(setup):
    """The path of --listen: what is no socket stays, and a later proxy's socket is not removed."""
    with work() as place:
        path = place / "p"
        command = [setup.vmber, "proxy", "--qemu", place / "q", "--listen", path]
        path.write_text("precious")
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 3 or path.read_text() != "precious":
            raise Failure(f"status {ended.returncode}: {ended.stderr}")
        path.unlink()
        first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(path.exists, "the first proxy", 10)
        before = path.stat().st_ino
        second = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(lambda: path.exists() and path.stat().st_ino != before, "the second proxy", 10)
        first.terminate()
        first.wait()
        there = path.exists()
        second.terminate()
        second.wait()
        show([("file", "stays"), ("socket of the second", "stays" if there else "is gone")])
        if not there or path.exists():
            raise Failure("the socket was removed by another proxy, or not at all")


@contextlib.contextmanager
def in_front_of(setup, place, *args):
    """A proxy, a socket in QEMU's place, and a client that the test makes of it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place / "qemu"))
        server.listen(4)
        proxy = subprocess.Popen([setup.vmber, "proxy", "--qemu", place / "qemu", "--listen",
                                  place / "client", *args])
        try:
            wait_until((place / "client").exists, "the proxy's socket", 10)
            yield proxy, server
        finally:
            proxy.terminate()
            proxy.wait(timeout=10)


def meet(place, server):
    """A client of the proxy, and what QEMU would have of it."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(place / "client"))
    server.settimeout(10)
    return client, server.accept()[0]


@bar
def last_words(setup):
    """A client that says its last word and goes in one breath: QEMU gets it."""
    with work() as place, in_front_of(setup, place) as (proxy, server):
        client, qemu = meet(place, server)
        with client, qemu:
            time.sleep(0.2)
            proxy.send_signal(signal.SIGSTOP)
            client.sendall(b'{"execute": "quit"}\n')
            client.close()
            proxy.send_signal(signal.SIGCONT)
            qemu.settimeout(10)
            heard = qemu.recv(100)
    if heard != b'{"execute": "quit"}\n':
        raise Failure(f"QEMU hears {heard}")
    show([("QEMU hears", heard.decode().strip())])
    with work() as place, Proxied(setup, place, "src", ber=False) as src:
        src.reconnect(last_words=b'{"execute": "migrate-set-capabilities", "arguments": {"capabilities":'
                                 b' [{"capability": "xbzrle", "state": true},'
                                 b' {"capability": "ber", "state": true}]}}', pause=1)
        on = [row["capability"] for row in src.ask("query-migrate-capabilities") if row["state"]]
        show([("capabilities that were set so", ", ".join(sorted(on)))])
        if sorted(on) != ["ber", "xbzrle"]:
            raise Failure(f"on is {on}")


@bar
def once(setup):
    """--once: a QEMU that ends while no client is there is missed by the next one."""
    with work() as place, in_front_of(setup, place, "--once") as (proxy, server):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as early:
            server.close()
            early.connect(str(place / "client"))    # before any QEMU was there
            if early.recv(1) or proxy.poll() is not None:
                raise Failure("the proxy does not wait for QEMU")
        (place / "qemu").unlink()
        with socket.socket(socket.AF_UNIX) as again:
            again.bind(str(place / "qemu"))
            again.listen(0)
            for end in meet(place, again):      # the client first: then nobody sees QEMU's end
                end.close()
                time.sleep(0.3)
            full = [socket.socket(socket.AF_UNIX) for _ in range(2)]
            full[0].connect(str(place / "qemu"))    # and is not accepted
            full[1].connect(str(place / "client"))
            if full[1].recv(1) or proxy.poll() is not None:
                raise Failure("the proxy does not wait for a QEMU that is busy")
            for end in full:
                end.close()
        late = socket.socket(socket.AF_UNIX)
        late.connect(str(place / "client"))
        status = proxy.wait(timeout=10)
        late.close()
    if status != 0:
        raise Failure(f"the proxy ended with status {status}")
    show([("QEMU", "the proxy"), ("not there yet, busy", "waits"), ("gone", "ends")])
