#!/usr/bin/env python3
"""Finds out what the migration sections of every device of QEMU look like.

    devices.py --out DIR [--machine NAME,...] [--only DEVICE,...] [--jobs N]
    devices.py --list DIR

For each device type of each machine a QEMU is started with that device and
migrated before its guest has run. Writes DIR/ARCH-MACHINE/NAME.mig, and what
became of each type to DIR/devices.json. What was run before, with the same
arguments and the same QEMU, is not run again.

A NAME is a device type, or TYPE+VARIANT where the device is configured in
another way; base is the machine alone, base+VARIANT the machine with other
properties, ref+... the machine with what some devices sit on.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import host_peers
import steps
from device_rows import (BUSES, MACHINE_ROWS, MACHINES, NEEDS, PLAIN_ROWS, REGISTERED, UNDESCRIBED,
                         VARIANT_ROWS, Row)
from vmqemu import Failure, Qemu, need_tools


# ------------------------------------------------------------------- what QEMU says of itself

class Probe:
    """What a machine's device types are.

    `types`: all of them; `listed`: (category, bus) of those in -device help;
    `vmstate`: (vmsd name, version) of those that have one in -dump-vmstate;
    `refusal`: what QEMU says to -device with one that is not listed.
    """

    def __init__(self, machine, work_dir, out_dir):
        self.machine = machine
        self.binary = shutil.which(f"qemu-system-{machine.arch}")
        if not self.binary:
            raise Failure(f"not installed: qemu-system-{machine.arch} (see tests/qemu/README.md)")
        self.version = self._run("--version").splitlines()[0]
        self.listed = self._help()
        dump = pathlib.Path(out_dir) / "dump-vmstate.json"
        self._run("-machine", machine.type, "-m", f"{machine.ram}M", "-nodefaults", "-display",
                  "none", "-dump-vmstate", str(dump))
        self.vmstate = {
            name: (entry["Description"]["name"], entry["Description"]["version_id"])
            for name, entry in json.loads(dump.read_text()).items() if "Description" in entry}
        args = ["-machine", machine.type, "-m", f"{machine.ram}M", "-S"]
        with Qemu(self.binary, args, work_dir, "probe") as qemu:
            self.types = sorted(one["name"] for one in qemu.ask(
                "qom-list-types", implements="device", abstract=False))
            self.refusal = self._refusal(qemu, next(
                one for one in self.types if one not in self.listed and not self.model(one)))

    @staticmethod
    def _refusal(qemu, name):
        try:
            qemu.ask("device_add", driver=name)
        except Failure as error:
            return str(error).removeprefix("probe: device_add: ")
        raise Failure(f"-device help does not list {name}, but it can be created")

    def _run(self, *args):
        done = subprocess.run([self.binary, *args], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode != 0:
            raise Failure(f"{' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def _help(self):
        """{type: (category, bus)} of -device help."""
        listed, category = {}, ""
        for line in self._run("-machine", self.machine.type, "-device", "help").splitlines():
            found = re.match(r'name "([^"]+)"(?:, bus ([^,]+))?', line)
            if found:
                listed[found[1]] = (category, found[2] or "")
            elif line.endswith(" devices:"):
                category = line.removesuffix(" devices:")
        return listed

    def model(self, name):
        """What -cpu calls the type, or None if it is no processor."""
        for ending in self.machine.cpus:
            if name.endswith(ending):
                return name.removesuffix(ending)
        return None


# ------------------------------------------------------------------------------ one run

@dataclasses.dataclass(frozen=True)
class Job:
    """One QEMU to start and migrate: what NAME.mig shows, and what to compare it with."""

    name: str
    args: str
    subject: str = ""               # the device type
    reference: str = "base"
    before: str = ""
    boot: float = 0
    plug: str = ""                  # what device_add is given when QEMU runs


class Run:
    """A job being run; what the steps of steps.py expect of a run."""

    def __init__(self, probe, job, shared, work_dir):
        self.probe = probe
        self.job = job
        self.dir = pathlib.Path(work_dir)
        self.args = job.args
        self.src = None
        self._shared = shared
        self._stack = contextlib.ExitStack()

    @property
    def out(self):
        """The stream."""
        return self.dir / "stream"

    def keep(self, thing):
        """Leaves `thing` open until the run ends."""
        return self._stack.enter_context(contextlib.closing(thing))

    def at_end(self, function):
        """Has `function` called when the run ends."""
        self._stack.callback(function)

    def _arguments(self):
        machine = self.probe.machine
        text = f"-machine {machine.type} -m {{ram}}M "
        text += "-action panic=pause,shutdown=pause " if self.job.boot else f"-S {machine.fixed} "
        text += self.args
        return shlex.split(self._fill(text))

    def _fill(self, text):
        return text.format(dir=self.dir, shared=self._shared, ram=self.probe.machine.ram)

    def migrate(self):
        """Returns what became of it; the stream, if there is one, is in self.out."""
        with self._stack:
            try:
                self._start_peers()
                self._start()
                found = set(re.findall(r"\(([^()]+)\)\r?$", self.src.ask(
                    "human-monitor-command", command_line="info qom-tree"), re.M))
                found = sorted(found.intersection(self.probe.types))
            except (Failure, OSError) as error:
                return {"verdict": "not creatable", "reason": sentence(error)}
            try:
                if self.job.plug:
                    self._plug()
                time.sleep(self.job.boot)
                if self.job.before:
                    steps.STEPS[self.job.before](self)
                self.src.ask("migrate-set-parameters", max_bandwidth=1 << 40)
                self.src.ask("migrate", uri=f"exec:cat > {self.out}")
                self.src.wait_migration(("completed",), 30)
                return {"verdict": "migrated", "types": found, "sections": sections(self.out)}
            except (Failure, OSError) as error:
                return {"verdict": "blocks migration", "reason": sentence(error), "types": found}

    def _plug(self):
        said = self.src.ask("human-monitor-command", command_line=self._fill(
            f"device_add {self.job.plug}"))
        if said.strip():
            raise Failure(said.strip())

    def _start_peers(self):
        if "{dir}/tpm.sock" in self.args:
            steps.start_swtpm(self)
        if "{dir}/vhost.sock" in self.args:
            self.keep(host_peers.VhostUser(self.dir / "vhost.sock"))
        if "{dir}/ivshmem.sock" in self.args:
            self.keep(host_peers.Ivshmem(self.dir / "ivshmem.sock"))
        if "{dir}/flash" in self.args:
            (self.dir / "flash").write_bytes(bytes(1 << 17))

    def _start(self):
        """Starts QEMU. A processor is tried again without the features that TCG lacks."""
        for last in (False, False, True):
            try:
                self.src = self._stack.enter_context(
                    Qemu(self.probe.binary, self._arguments(), self.dir, "src"))
                return
            except Failure as error:
                lacks = re.search(r"not available in the configuration: ([\w. -]+)", str(error))
                if last or not lacks or not self.args.startswith("-cpu "):
                    raise
                self.args += "".join(f",{one}=off" for one in lacks[1].split())


def sentence(error):
    """QEMU's reason alone: neither the program nor the option it talks about."""
    text = str(error).removeprefix("src: ").removeprefix("migrate: ")
    text = text.replace("QEMU ended with status 1: ", "")
    crash = re.match(r"QEMU ended with status -(\d+): ", text)
    text = text[crash.end():] if crash else text
    parts = [part for part in text.split(" | ") if "warning:" not in part]
    text = re.sub(r"^qemu-system-\w+: ", "", parts[-1]) if parts else ""
    text = re.sub(r"^-(device|cpu|machine|drive|object|netdev|chardev) \S+: ", "", text)
    return f"QEMU crashes (signal {crash[1]}): {text}" if crash else text


def sections(path):
    """The device sections of a stream: (idstr, instance, vmsd name, version)."""
    data = pathlib.Path(path).read_bytes()
    mark = data.rfind(b"\0\x06")
    while mark >= 0 and int.from_bytes(data[mark + 2:mark + 6], "big") != len(data) - mark - 6:
        mark = data.rfind(b"\0\x06", 0, mark + 1)
    if mark < 0:
        raise Failure("the stream has no vmdesc")
    described = [(one["name"], one["instance_id"], one.get("vmsd_name", ""),
                  one.get("version", 0)) for one in json.loads(data[mark + 6:])["devices"]]
    return described + [(name, 0, "", 0) for name in UNDESCRIBED
                        if bytes((len(name),)) + name.encode() in data[:mark]]


# ------------------------------------------------------------------------------ what to run

def plan(probe):
    """All jobs of a machine, by name."""
    jobs = {"base": Job("base", "")}
    machine = probe.machine
    for row in MACHINE_ROWS:
        if fnmatch.fnmatch(machine.name, row.where):
            name = f"base+{row.variant}"
            jobs[name] = Job(name, row.args, boot=row.boot)
    for name in probe.types:
        model = probe.model(name)
        if model:
            jobs[name] = Job(name, f"-cpu {model}", name)
        elif name in probe.listed:
            bus = probe.listed[name][1]
            plain, *variants = rows_of(machine, name, bus)
            add_device(jobs, machine, name, plain, BUSES.get((machine.name, bus), ""))
            for row in variants:
                add_device(jobs, machine, name, beside(plain, row),
                           BUSES.get((machine.name, bus), ""))
    return jobs


def rows_of(machine, name, bus):
    """The rows for a type: the plain one first."""
    def fits(row):
        return fnmatch.fnmatch(machine.name, row.where) and any(
            fnmatch.fnmatchcase(text, one) for one in row.types.split()
            for text in (name, f"bus:{bus}"))
    plain = [row for row in PLAIN_ROWS if fits(row)][:1] or [Row(name)]
    return plain + [row for row in VARIANT_ROWS if fits(row)]


def beside(plain, row):
    """A row with a variant, with what it takes from the plain one."""
    props = dict(one.split("=", 1) for text in (plain.props, row.props)
                 for one in text.split(",") if one)
    needs = row.needs[1:] if row.needs.startswith("=") else f"{plain.needs} {row.needs}"
    return dataclasses.replace(row, needs=needs,
                               props=",".join(f"{key}={value}" for key, value in props.items()))


def add_device(jobs, machine, name, row, bus):
    """Adds the job of a row, and the one to compare it with."""
    needs = {one: NEEDS.get(f"{one}@{machine.arch}", NEEDS[one])
             for one in f"{bus} {row.needs}".split()}
    built = [one for one, text in needs.items()
             if re.search(r"-(device|machine|m|smp|accel|netdev user)\b", text)]
    reference = "base"
    if built:
        reference = "ref+" + "+".join(built)
        jobs.setdefault(reference, Job(reference, " ".join(needs[one] for one in built)))
    full = name + (f"+{row.variant}" if row.variant else "")
    device = ",".join(filter(None, (name.replace(",", ",,"), row.props)))
    args = [*needs.values()] + ([] if row.plug else ["-device", device])
    jobs[full] = Job(full, " ".join(args), name, reference, row.before, row.boot,
                     device if row.plug else "")


def wave_of(job, results):
    """When a job's turn is: 1 for variants of what could be created, 2 if the guest takes time."""
    if job.subject in ("", job.name):
        return 2 if job.boot else 0
    if results.get(job.subject, {"verdict": "not creatable"})["verdict"] == "not creatable":
        return None
    return 2 if job.boot else 1


def perform(probe, job, shared, folder):
    """Runs a job, unless it was run before; returns what became of it."""
    text = repr(dataclasses.astuple(job)) + repr(dataclasses.astuple(probe.machine))
    digest = hashlib.sha256((text + probe.version).encode()).hexdigest()[:16]
    note = folder / "runs" / f"{job.name}.json"
    target = folder / f"{job.name}.mig"
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(note.read_text())
        usable = (target.exists() if kept["verdict"] == "migrated"
                  else not re.search("not seen within|timed out", kept["reason"]))
        if kept["digest"] == digest and usable:
            return kept
    with tempfile.TemporaryDirectory(prefix="vmber-") as work_dir:
        started = time.monotonic()
        run = Run(probe, job, shared, work_dir)
        result = {"digest": digest, **run.migrate(), "args": run.args}
        target.unlink(missing_ok=True)
        if result["verdict"] == "migrated":
            shutil.move(run.out, target)
    result["seconds"] = round(time.monotonic() - started, 2)
    note.write_text(json.dumps(result))
    return json.loads(note.read_text())


# ------------------------------------------------------------------------------ the table

def added(result, reference, key):
    """What is in result[key] beyond what is in the reference's."""
    counts = collections.Counter(map(str, reference.get(key, ())))
    out = []
    for one in result.get(key, ()):
        counts[str(one)] -= 1
        if counts[str(one)] < 0:
            out.append(one)
    return out


class Table:
    """What became of each type of a machine, from the results of its jobs."""

    def __init__(self, probe, jobs, results):
        self.probe = probe
        self._jobs = jobs
        self._results = results
        self._with = collections.defaultdict(list)      # {type: the jobs that created it}
        for name in sorted(jobs, key=lambda one: (not one.startswith("base"), "+" in one, one)):
            for kind in results[name].get("types", ()):
                self._with[kind].append(jobs[name])
        self._learned = self._learn()

    def _added(self, job):
        if job.name == "base":
            return self._results["base"]["sections"]
        result, reference = self._results[job.name], self._results.get(job.reference, {})
        return added(result, reference, "sections")

    def _outcome(self, job):
        """A run's part of the table."""
        result = self._results[job.name]
        out = {"verdict": result["verdict"], "args": result["args"]}
        if job.boot:
            out["boot_seconds"] = job.boot
        if job.plug:
            out["device_add"] = job.plug
        if result["verdict"] != "migrated":
            return {**out, "reason": result["reason"]}
        found = self._added(job)
        if self.probe.model(job.subject):
            found = self._owned(job.subject, result["sections"])
        elif job.subject and not found:
            out["verdict"] = "no section"
        return {**out, "file": f"{job.name}.mig", "sections": found}

    def device(self, name):
        """The verdict on a type."""
        category, bus = self.probe.listed.get(name, ("", ""))
        out = {"category": "CPU" if self.probe.model(name) else category, "bus": bus,
               "user_creatable": name in self.probe.listed}
        mine = [job for job in self._jobs.values() if job.subject == name]
        plain = {"verdict": "not creatable", "reason": self.probe.refusal}
        for job in mine[:1]:
            plain = {"how": "device", **self._outcome(job)}
        if plain["verdict"] != "migrated":
            plain = self._aside(name, plain)
        variants = {job.name.partition("+")[2]: self._outcome(job) for job in mine[1:]}
        return {**out, **plain, **({"variants": variants} if variants else {})}

    def _aside(self, name, plain):
        """The verdict on a type that a machine or another device has created."""
        jobs = [job for job in self._with[name] if job.subject != name
                and self._results[job.name]["verdict"] == "migrated"]
        owned = ((job, self._owned(name, self._results[job.name]["sections"])) for job in jobs)
        job, found = next(filter(lambda one: one[1], owned), (jobs[0] if jobs else None, []))
        if not found and (not jobs or plain["verdict"] != "not creatable"):
            return plain
        return {"verdict": "migrated" if found else "no section",
                "how": "on board" if job.name.startswith("base") else f"inside {job.name}",
                "file": f"{job.name}.mig", "sections": found}

    def _learn(self):
        """What devices register that have no vmsd of their own: {type: {(vmsd, version)}}."""
        learned = collections.defaultdict(set)
        for job in self._jobs.values():
            if not job.subject or self._results[job.name]["verdict"] != "migrated":
                continue
            kinds = added(self._results[job.name], self._results[job.reference], "types")
            claimed = {self.probe.vmstate.get(kind) for kind in kinds}
            if self.probe.vmstate.get(job.subject) is None:
                learned[job.subject].update(tuple(one[2:]) for one in self._added(job)
                                            if tuple(one[2:]) not in claimed)
        return learned

    def _owned(self, name, found):
        """Those of the sections `found` that are the type's own."""
        if self.probe.model(name):
            return [one for one in found if one[2].startswith("cpu")]
        own = {self.probe.vmstate.get(name)} | self._learned.get(name, set())
        by_hand = "" if name in self.probe.vmstate else REGISTERED.get(name, name)
        return [one for one in found if tuple(one[2:]) in own
                or by_hand in (one[2] or one[0], f"{one[2]}:{one[1] >> 28}")]

    def on_board(self):
        """The sections of the machine alone, each with the device types behind it."""
        base = self._results["base"]
        return [{"section": one, "types": [kind for kind in base["types"]
                                           if self._owned(kind, [one])]}
                for one in base["sections"]]

    def contents(self):
        """The machine's part of devices.json."""
        return {
            "qemu": self.probe.version, **dataclasses.asdict(self.probe.machine),
            "devices": {name: self.device(name) for name in self.probe.types},
            "on_board": self.on_board(),
            "machines": {job.name: self._outcome(job) for job in self._jobs.values()
                         if not job.subject and job.name.startswith("base")},
        }


def migrated(contents):
    """The types of a machine that are migrated with a section: {name: is it a processor?}."""
    return {name: one["category"] == "CPU" for name, one in contents["devices"].items()
            if one["verdict"] == "migrated"}


def layouts(contents):
    """What kinds of sections a machine's streams have: (vmsd name, version), or (idstr,)."""
    outcomes = [*contents["machines"].values(), *contents["devices"].values()]
    outcomes += [one for device in contents["devices"].values()
                 for one in device.get("variants", {}).values()]
    return {tuple(one[2:]) if one[2] else (one[0],)
            for outcome in outcomes for one in outcome.get("sections", ())}


def totals(machines):
    """Numbers for each machine, and for all: a type that several machines have counts once."""
    rows, kinds, found = {}, {}, set()
    for name, contents in machines.items():
        mine = migrated(contents)
        verdicts = collections.Counter(one["verdict"] for one in contents["devices"].values())
        rows[name] = {"types": len(contents["devices"]), **sorted_dict(verdicts),
                      "migrated but processors": len(mine) - sum(mine.values()),
                      "layouts": len(layouts(contents))}
        kinds.update(mine)
        found |= layouts(contents)
    rows["all"] = {"migrated": len(kinds), "migrated but processors":
                   len(kinds) - sum(kinds.values()), "layouts": len(found)}
    return rows


def sorted_dict(counter):
    """A counter as a dict, by key."""
    return dict(sorted(counter.items()))


# ------------------------------------------------------------------------------ the command

def explore(machine, out_dir, shared, options):
    """Runs the jobs of one machine and returns its part of devices.json."""
    folder = out_dir / machine.name
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    probe = Probe(machine, shared, folder)
    jobs = plan(probe)
    if options.only:
        wanted = options.only.split(",")
        jobs = {name: job for name, job in jobs.items() if not job.subject
                or any(fnmatch.fnmatchcase(one, pattern) for pattern in wanted
                       for one in (name, job.subject))}
        probe.types = [one for one in probe.types if any(job.subject == one
                                                         for job in jobs.values())]
    results = {}
    for wave, threads in ((0, options.jobs), (1, options.jobs), (2, 2 * options.jobs)):
        now = [job for job in jobs.values() if wave == wave_of(job, results)]
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            results.update(zip((job.name for job in now), pool.map(
                lambda job: perform(probe, job, shared, folder), now)))
    jobs = {name: job for name, job in jobs.items() if name in results}
    if results["base"]["verdict"] != "migrated":
        raise Failure(f"{machine.name}: {results['base']['reason']}")
    if not options.only:
        tidy(folder, results)
    contents = Table(probe, jobs, results).contents()
    print(f"{machine.name:24} {len(jobs)} runs in {time.monotonic() - started:.0f} s: "
          f"{totals({machine.name: contents})[machine.name]}", flush=True)
    return contents


def tidy(folder, results):
    """Removes what earlier versions of the tables have made."""
    for path in [*folder.glob("*.mig"), *(folder / "runs").glob("*.json")]:
        if path.name.rpartition(".")[0] not in results:
            path.unlink()


def print_devices(devices):
    """What became of each type, a line each."""
    for name, one in devices.items():
        what = one.get("reason") or " ".join(
            sorted({f"{part[2] or part[0]}:{part[3]}" for part in one["sections"]}))
        variants = [key for key, other in one.get("variants", {}).items() if "file" in other]
        print(f"{name:34} {one['verdict']:17} {one.get('how', ''):28} {what}"
              f"{'  +' if variants else ''}{' +'.join(variants)}")


def print_table(table):
    """devices.json for people."""
    for machine, contents in table["machines"].items():
        print(f"== {machine}, {contents['qemu']}")
        print_devices(contents["devices"])
        print("-- the machine in other configurations")
        print_devices(contents["machines"])
    print("== totals")
    for machine, row in table["totals"].items():
        print(f"{machine:24} {', '.join(f'{number} {what}' for what, number in row.items())}")


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Find out what the sections of devices are.")
    parser.add_argument("--out", metavar="DIR")
    parser.add_argument("--list", metavar="DIR", help="print the table in DIR")
    parser.add_argument("--machine", metavar="NAME,...",
                        default=",".join(one.name for one in MACHINES))
    parser.add_argument("--only", metavar="DEVICE,...", help="types or names, may have wildcards")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if not options.list and not options.out:
        parser.error("--out or --list is needed")
    for name in set(options.machine.split(",")) - {one.name for one in MACHINES}:
        parser.error(f"no such machine: {name}")
    return options


def main():
    """Does what the command line asks for."""
    options = parse_arguments()
    if options.list:
        print_table(json.loads((pathlib.Path(options.list) / "devices.json").read_text()))
        return 0
    try:
        need_tools(["swtpm"])
        out_dir = pathlib.Path(options.out).resolve()
        out_dir.mkdir(parents=True, exist_ok=True)
        place = out_dir / "devices.json"
        table = json.loads(place.read_text()) if place.exists() else {"machines": {}}
        with tempfile.TemporaryDirectory(prefix="vmber-devices-") as shared:
            for name in ("bios", "flash"):
                (pathlib.Path(shared) / name).write_bytes(bytes(1 << 17))
            for machine in MACHINES:
                if machine.name in options.machine.split(","):
                    table["machines"][machine.name] = explore(machine, out_dir, shared, options)
        if not options.only:
            table["machines"] = {one.name: table["machines"][one.name] for one in MACHINES
                                 if one.name in table["machines"]}
            table["totals"] = totals(table["machines"])
            place.write_text(json.dumps(table, indent=1))
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"devices: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
