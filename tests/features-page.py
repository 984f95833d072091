#!/usr/bin/env python3
"""docs/features.md from the registry: vmber features --json | tests/features-page.py > docs/features.md"""
import json
import sys

registry = json.load(sys.stdin)
print("""# Features

Made by `vmber features --json | tests/features-page.py` from `codec/stream/registry/form_features.def`; a test compares. What the
classes mean is in [format.md](format.md), section 3.1.

| name | class | machine types | owner | a stream that uses it |
| --- | --- | --- | --- | --- |""")
for f in registry["features"]:
    print(f"| `{f['name']}` | {f['class']} | {f['machine_types']} | {f['owner']} | {f['meaning']} |")
print("""
A feature of a device is on for the machine types whose name ends in that version or a later one, so that a device that is
converted leaves the machine types of earlier releases as they were. `encode --with`, `--without`, `--for` and `--lift` say
otherwise for one stream.

Names that begin with `grease.` are never given a meaning: `encode --grease` puts such names into a header, to see that readers
pass over what they do not know.

## Retired names
""")
if not registry["retired"]:
    print("None. A name that a release has had stands here when it is given up, and is never used again.")
for r in registry["retired"]:
    print(f"- `{r['name']}`: {r['meaning']}")
