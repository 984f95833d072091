#!/usr/bin/env python3
"""libvirt through vmber-qemu: save, restore, managedsave, snapshot, and migrate between two hosts.

    proxy_libvirt.py --build DIR

Needs root, libvirtd and virsh. The two hosts are network namespaces with a cable between them; each
has a libvirtd of its own with its own folders (mount namespaces), so that nothing of this machine's
libvirt is touched.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from proxied import row
from vmqemu import Failure, build_guest, need_tools, read_counter, wait_until

FOLDERS = {"etc/libvirt": "etc", "var/lib/libvirt": "lib", "run/libvirt": "run",
           "var/cache/libvirt": "cache", "var/log/libvirt": "log"}

DOMAIN = """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>counter</name>
  <memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <kernel>{guest}</kernel><cmdline>fill=8 churn=1 touch=1</cmdline></os>
  <on_poweroff>destroy</on_poweroff><on_crash>destroy</on_crash>
  <devices><emulator>{emulator}</emulator>
    <serial type='file'><source path='{serial}' append='on'/></serial>
    {ports}<memballoon model='none'/></devices>
  <qemu:commandline>
    <qemu:env name='VMBER' value='{vmber}'/>
    <qemu:env name='VMBER_PROXY_CONFIG' value='{config}'/>
  </qemu:commandline>
</domain>
"""

# Every number that a descriptor of a restore may have is that of a port as well.
PORTS = "".join(f"<controller type='pci' model='pcie-root-port' index='{index}'>"
                f"<target port='{index + 15}'/></controller>" for index in range(1, 25))

START = """set -e
for pair in {pairs}; do
    mkdir -p "/${{pair%%:*}}" "{dir}/${{pair##*:}}"
    mount --bind "{dir}/${{pair##*:}}" "/${{pair%%:*}}"
done
mkdir -p {dir}/sock
hostname {name}
cat >/etc/libvirt/qemu.conf <<END
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = [ ]
namespaces = [ ]
migration_address = "{address}"
END
cat >/etc/libvirt/libvirtd.conf <<END
unix_sock_dir = "{dir}/sock"
unix_sock_group = "root"
auth_unix_rw = "none"
auth_unix_ro = "none"
host_uuid = "{uuid}"
END
exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file {dir}/libvirtd.pid
"""


def run(*words, **options):
    """Runs a command; its output, or a Failure."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=False, timeout=120, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, words[:6]))}: {done.stderr.strip()}")
    return done.stdout


class Host:
    """A namespace with a libvirtd."""

    def __init__(self, place, name, number):
        self.name = f"{name}-{os.getpid()}"
        self.address = f"10.99.7.{number}"
        self.dir = place / name
        self.dir.mkdir()
        self.uri = f"qemu+unix:///system?socket={self.dir}/sock/libvirt-sock"
        self.uuid = f"{number}1111111-1111-4111-8111-111111111111"
        self._process = None
        run("ip", "netns", "add", self.name)

    def start(self):
        """Starts libvirtd."""
        text = START.format(dir=self.dir, name=self.name, address=self.address, uuid=self.uuid,
                            pairs=" ".join(f"{a}:{b}" for a, b in FOLDERS.items()))
        with open(self.dir / "libvirtd.out", "wb") as out:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, "unshare", "-m", "-u", "sh", "-c", text],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        wait_until((self.dir / "sock/libvirt-sock").exists, f"{self.name}: libvirtd", 30)

    def virsh(self, *words):
        """Runs virsh on this host."""
        return run("virsh", "-c", self.uri, *words)

    def said(self):
        """What the proxies of the guest have said here."""
        log = self.dir / "log/qemu/counter.log"
        return [line.split(": ", 2)[2] for line in log.read_text().splitlines()
                if line.startswith("vmber proxy")] if log.exists() else []

    def close(self):
        """Ends it all."""
        if self._process:
            with contextlib.suppress(Failure):
                self.virsh("destroy", "counter")
            self._process.terminate()
            self._process.wait(timeout=20)
        run("ip", "netns", "del", self.name)


def open_files(pid):
    """What a proxy has open, by name."""
    proc = pathlib.Path(f"/proc/{pid}")
    if not (proc / "cmdline").read_bytes().startswith(b"vmber\0proxy"):
        return []
    return [os.readlink(link) for link in (proc / "fd").iterdir()]


def steps(here, there, place, vmber):
    """The row of steps, each with what it showed."""
    serial = place / "serial"
    image = place / "image"

    def lives(what):
        before = len(read_counter(serial))
        wait_until(lambda: len(read_counter(serial)) >= before + 15, f"the guest, {what}", 30)
        return row(serial.read_bytes())

    def last(host, word):
        lines = [line for line in host.said() if word in line]
        if not lines:
            raise Failure(f"{host.name}: no '{word}' among {host.said()[-6:]}")
        return lines[-1]

    here.virsh("define", place / "counter.xml")
    here.virsh("start", "counter")
    yield "start", lives("started"), last(here, "ready")[:40]
    here.virsh("save", "counter", image)
    head = image.read_bytes()[:16].decode()
    dump = run(vmber, "dump", "--path", "mc146818rtc", image).splitlines()[0]
    run(vmber, "verify", image)
    yield "save", row(serial.read_bytes()), f"{head}; {last(here, 'outgoing')[:70]}"
    yield "vmber dump of the image", "", dump
    here.virsh("restore", image)
    yield "restore", lives("restored"), last(here, "incoming migration done")[:70]
    here.virsh("managedsave", "counter")
    here.virsh("start", "counter")
    yield "managedsave, start", lives("started again"), last(here, "incoming migration done")[:70]
    held = [path for host in (here, there) for pid in run("ip", "netns", "pids", host.name).split()
            for path in open_files(pid) if "(deleted)" in path or "managedsave" in path or
            path == str(image)]
    if held:
        raise Failure(f"a proxy still holds {held}")
    here.virsh("snapshot-create-as", "counter", "s1", "--live", "--memspec",
               f"file={place}/memory,snapshot=external")
    run(vmber, "verify", place / "memory")
    yield "snapshot with memory", lives("behind the snapshot"), "vmber verify: good"
    here.virsh("snapshot-delete", "counter", "s1", "--metadata")
    for source, target in ((here, there), (there, here)):
        source.virsh("migrate", "--live", "--persistent", "--undefinesource", "counter",
                     target.uri, f"tcp://{target.address}")
        yield "migrate --live", lives("migrated"), last(source, "committed")[:70]
    here.virsh("destroy", "counter")
    time.sleep(0.5)
    for host in (here, there):
        for pid in run("ip", "netns", "pids", host.name).split():
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[0] == b"vmber":
                    raise Failure(f"left: {b' '.join(words).decode()}")
    yield "destroy", "", "no process is left"


def main():
    """Does it all."""
    parser = argparse.ArgumentParser(description="libvirt through vmber-qemu.")
    parser.add_argument("--build", default="build/release")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve() / "bin"
    try:
        need_tools(["libvirtd", "virsh", "ip", "unshare", "as", "ld"])
        with tempfile.TemporaryDirectory(prefix="vmber-libvirt-") as folder, \
                contextlib.ExitStack() as stack:
            place = pathlib.Path(folder)
            emulator = place / "vmber-qemu-system-x86_64"
            emulator.symlink_to(build / "vmber-qemu")
            (place / "proxy.conf").write_text("outgoing any * on\nincoming any * auto\n")
            (place / "counter.xml").write_text(DOMAIN.format(
                guest=build_guest(place), emulator=emulator, serial=place / "serial", ports=PORTS,
                vmber=build / "vmber", config=place / "proxy.conf"))
            hosts = [stack.enter_context(contextlib.closing(Host(place, name, number)))
                     for number, name in enumerate(("hosta", "hostb"), 1)]
            run("ip", "link", "add", "cable", "netns", hosts[0].name, "type", "veth", "peer",
                "name", "cable", "netns", hosts[1].name)
            for host in hosts:
                run("ip", "-n", host.name, "addr", "add", f"{host.address}/24", "dev", "cable")
                for device in ("lo", "cable"):
                    run("ip", "-n", host.name, "link", "set", device, "up")
                host.start()
            for what, lines, shown in steps(*hosts, place, build / "vmber"):
                print(f"  {what:24} {lines!s:>5}  {shown}", flush=True)
    except Failure as error:
        print(f"proxy_libvirt: FAILED: {error}", file=sys.stderr)
        return 1
    print("proxy_libvirt: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
