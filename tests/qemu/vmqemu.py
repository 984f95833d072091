"""One QEMU process, its QMP socket, and the small things around it.

Used by capture.py and live.py. It starts, asks and stops; it knows nothing
of what is captured or why.
"""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent


class Failure(Exception):
    """What went wrong, as one sentence for a person."""


class NotPossible(Failure):
    """This machine cannot do it; the sentence is the evidence."""


def build_guest(out_dir):
    """Assembles guest.S and returns the path of the ELF file."""
    obj = pathlib.Path(out_dir) / "guest.o"
    elf = pathlib.Path(out_dir) / "guest.elf"
    steps = (
        ["as", "--32", "-o", obj, HERE / "guest.S"],
        ["ld", "-m", "elf_i386", "-n", "--no-warn-rwx-segments",
         "-Ttext=0x100000", "-e", "start", "-o", elf, obj],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{step[0]} failed on guest.S: {done.stderr.strip()}")
    return elf


def wait_until(test, what, seconds, pause=0.02):
    """Calls test() until it gives a true value, and returns that."""
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not seen within {seconds:g} s")
        time.sleep(pause)


def read_counter(path):
    """The complete lines of a guest's serial file, as integers."""
    try:
        text = pathlib.Path(path).read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        return []
    return [int(line) for line in text.split("\n")[:-1]]


class Qemu:
    """A running QEMU with a QMP socket. Use it in a with statement."""

    def __init__(self, binary, args, work_dir, name):
        self.name = name
        self.log_path = pathlib.Path(work_dir) / f"{name}.log"
        self.qmp_path = pathlib.Path(work_dir) / f"{name}.qmp"
        self._sock = None
        self._lines = None
        command = [str(binary), "-nodefaults", "-no-user-config", "-display", "none",
                   "-qmp", f"unix:{self.qmp_path},server=on,wait=off", *map(str, args)]
        with open(self.log_path, "wb") as log:
            log.write((" ".join(command) + "\n").encode())
            log.flush()
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=work_dir)

    def __enter__(self):
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exc):
        self.close()

    def _connect(self):
        def attempt():
            self.check_alive()
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(str(self.qmp_path))
            except OSError:
                sock.close()
                return None
            return sock

        self._sock = wait_until(attempt, f"{self.name}: QMP socket", 20)
        self._sock.settimeout(60)
        self._lines = self._sock.makefile("rb")
        self._receive()
        self.ask("qmp_capabilities")

    def check_alive(self):
        """Raises when QEMU has ended."""
        if self._process.poll() is not None:
            raise Failure(f"{self.name}: QEMU ended with status {self._process.returncode}: "
                          + self.log_tail())

    def exit_status(self):
        """QEMU's exit status, or None while it runs."""
        return self._process.poll()

    def log_tail(self):
        """The last lines QEMU printed, on one line."""
        lines = self.log_path.read_text(errors="replace").splitlines()[1:]
        return " | ".join(lines[-4:]) or "it printed nothing"

    def _receive(self):
        try:
            line = self._lines.readline()
        except ConnectionError:
            line = b""
        if not line:
            self._ended()
        return json.loads(line)

    def _ended(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=20)
        self.check_alive()
        raise Failure(f"{self.name}: QEMU closed its QMP socket: {self.log_tail()}")

    def ask(self, command, tries=50, /, **arguments):
        """Sends a QMP command (underscores for dashes in names) and returns its result."""
        arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            self._sock.sendall(json.dumps(request).encode() + b"\n")
            answer = self._receive()
            while "return" not in answer and "error" not in answer:
                answer = self._receive()            # an event
        except ConnectionError:
            self._ended()
        if "error" in answer:
            desc = answer["error"]["desc"]
            if command == "migrate" and desc == "duplicate yank instance" and tries > 0:
                # QEMU says that a migration has failed before it has put it away.
                time.sleep(0.1)
                return self.ask(command, tries - 1, **arguments)
            raise Failure(f"{self.name}: {command}: {desc}")
        return answer["return"]

    def set_capabilities(self, names):
        """Switches migration capabilities on."""
        if names:
            self.ask("migrate-set-capabilities",
                     capabilities=[{"capability": name, "state": True} for name in names])

    def migration(self):
        """query-migrate; raises when the migration has failed."""
        info = self.ask("query-migrate")
        if info.get("status") in ("failed", "cancelled"):
            raise Failure(f"{self.name}: migration {info['status']}: "
                          f"{info.get('error-desc', self.log_tail())}")
        return info

    def wait_migration(self, statuses, seconds):
        """Waits until query-migrate reports one of statuses, and returns the whole answer."""
        def test():
            info = self.migration()
            return info if info.get("status") in statuses else None
        return wait_until(test, f"{self.name}: migration status {'/'.join(statuses)}", seconds)

    def close(self):
        """Ends the process."""
        if self._lines:
            self._lines.close()
        if self._sock:
            self._sock.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Relay:
    """Passes bytes between two unix sockets and keeps a copy of a stream.

    It listens at `listen_path`. For each connection of the source QEMU it
    makes one to `target_path`, in the same order. The copy is of what the source
    sends on the connection that begins with QEVM, the main channel.
    """

    def __init__(self, listen_path, target_path, copy_path):
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(listen_path))
        self._server.listen(8)
        self._target_path = str(target_path)
        self._copy_path = copy_path
        self._threads = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):      # until finish() closes the server
            while True:
                source, _ = self._server.accept()
                target = socket.socket(socket.AF_UNIX)
                target.connect(self._target_path)
                for one, other, forward in ((source, target, True), (target, source, False)):
                    thread = threading.Thread(target=self._pump, args=(one, other, forward),
                                              daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _pump(self, source, target, forward):
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))   # the other side has gone
            copy = None
            chunk = source.recv(1 << 16)
            if forward and chunk.startswith(b"QEVM"):
                copy = stack.enter_context(open(self._copy_path, "wb"))
            while chunk:
                if copy:
                    copy.write(chunk)
                target.sendall(chunk)
                chunk = source.recv(1 << 16)
            target.shutdown(socket.SHUT_WR)

    def finish(self, seconds=20):
        """Waits until all connections are closed in both directions."""
        for thread in self._threads:
            thread.join(seconds)
            if thread.is_alive():
                raise Failure("relay: a side did not close its socket")
        self._server.close()


def need_tools(names):
    """Raises when a program is not installed."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise Failure("not installed: " + ", ".join(missing) + " (see tests/qemu/README.md)")
