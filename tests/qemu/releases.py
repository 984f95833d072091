"""Other releases of vmber, built from this source: another registry of features, other maps.

A release differs from another in what its registry has (which features, and from which
machine types on) and in how its maps lay blobs out. Both are folders that a build is
given; all else is the same program.
"""

import os
import pathlib
import re
import subprocess

from vmqemu import Failure

SOURCE = pathlib.Path(__file__).resolve().parents[2]
REGISTRY = SOURCE / "codec/stream/registry/form_features.def"
LIBRARIES = SOURCE / "asn1/libraries"
ENTRY = re.compile(r'^FEATURE\(\w+, "([^"]+)".*?"\)\n', re.MULTILINE | re.DOTALL)


def entry(ident, name, major, minor):
    """A line of the registry."""
    return f'FEATURE({ident}, "{name}", INCOMPATIBLE, {major}, {minor}, "a test", "for a test")\n'


def registry(keep=lambda name: True, more=()):
    """The text of this release's registry with the entries to keep and some more."""
    text = REGISTRY.read_text()
    found = [match for match in ENTRY.finditer(text) if keep(match[1])]
    entries = {match[1]: match[0] for match in found}
    entries.update({ENTRY.match(one)[1]: one for one in more})
    if not found or len(ENTRY.findall(text)) != text.count("\nFEATURE("):
        raise Failure(f"{REGISTRY.name} is not written as expected")
    return "".join(entries[name] for name in sorted(entries))


def write_if_new(path, text):
    """Writes a file unless that is what it holds, so that nothing is built again for it."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def build(where, registry_text, maps, targets=("vmber",)):
    """Builds a release; maps: name and text of its modules. Returns the folder of its programs."""
    where = pathlib.Path(where).resolve()
    for folder in ("registry", "maps"):
        (where / folder).mkdir(parents=True, exist_ok=True)
    write_if_new(where / "registry/form_features.def", registry_text)
    for left in (where / "maps").iterdir():
        if left.name not in maps:
            left.unlink()
    for name, text in maps.items():
        write_if_new(where / "maps" / name, text)
    tests = "OFF" if targets == ("vmber",) else "ON"
    for step in (["cmake", "-S", SOURCE, "-B", where, "-G", "Ninja", f"-DVMBER_TESTS={tests}",
                  "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O1", "-DVMBER_WERROR=OFF",
                  f"-DVMBER_REGISTRY={where}/registry", f"-DVMBER_MAPS={where}/maps"],
                 ["ninja", "-C", where, *targets]):
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise Failure(f"{os.path.basename(where)}: {done.stdout[-2000:]}")
    return where / "bin"


def before(where):
    """The release before any device was converted."""
    return build(where, registry(lambda name: not name.startswith("device.")), {})


def libraries():
    """The maps of this release."""
    return {path.name: path.read_text() for path in sorted(LIBRARIES.glob("*.asn1"))}
