#!/usr/bin/env python3
"""Writes docs/limits.md from the limits headers, or with --check says whether it is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """# Limits

How large an input may make the program, and why. Every length, depth and count that a stream claims is
compared with its limit and with what is there before anything is allocated; beyond it is status 7. This page
is written by `tests/limits.py` from the headers.
"""


def rows(text):
    for comment, body in re.findall(r"/\*((?:(?!\*/).)*)\*/\s*((?:[A-Z_0-9]+ = [^,]+,\s*)+)", text, re.S):
        sentence = " ".join(line.strip(" *") for line in comment.split("\n")).strip()
        for name, value in re.findall(r"([A-Z_0-9]+) = ([^,]+),", body):
            yield name, " ".join(value.split()), sentence


def page():
    out = [HEAD]
    for path in sorted([*ROOT.glob("codec/*/*_limits.h"), *ROOT.glob("compat/*_limits.h"),
                        *ROOT.glob("tools/*/*_limits.h")]):
        text = path.read_text(encoding="utf-8")
        out.append(f"\n## {path.relative_to(ROOT)}\n\n| limit | value | why |\n| --- | --- | --- |\n")
        for name, value, sentence in rows(text[text.index("enum {"):]):
            out.append(f"| `{name}` | {value} | {sentence} |\n")
    return "".join(out)


def main():
    target = ROOT / "docs/limits.md"
    if sys.argv[1:] == ["--check"]:
        return 0 if target.read_text(encoding="utf-8") == page() else 1
    target.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
