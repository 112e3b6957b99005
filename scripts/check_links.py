#!/usr/bin/env python3
"""Checks that what the pages link to is there: files of this repository, and headings of a page.

Links to the web are not followed. What stands in a fenced block or between backticks is no link, but
a file or folder of the repository that is named between backticks has to be there too."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
# Files of the repository as code names them; `x` is one that is to be made.
NAMED = re.compile(r"^(?:crates|docs|packaging|scripts|src)/(?!.*\bx\b)[\w./-]+$")


def prose(text: str) -> str:
    """The text without its fenced blocks; lines keep their numbers."""
    lines, inside = [], False
    for line in text.splitlines():
        is_fence = line.lstrip().startswith("```")
        lines.append("" if inside or is_fence else line)
        inside ^= is_fence
    return "\n".join(lines)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: dict[str, int] = {}
    for line in prose(page.read_text()).splitlines():
        if not (heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line)):
            continue
        name = re.sub(r"[^\w\- ]", "", LINK.sub(lambda link: link[0].split("]")[0], heading[1]).lower())
        name = name.replace(" ", "-")
        found[name] = found.get(name, -1) + 1
        if found[name]:
            found[f"{name}-{found[name]}"] = 0
    return set(found)


def wrong(page: Path) -> list[str]:
    """What is wrong with the links of a page, a line each."""
    faults = []
    for number, line in enumerate(prose(page.read_text()).splitlines(), 1):
        place = f"{page.relative_to(ROOT)}:{number}"
        for target in LINK.findall(CODE.sub("", line)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                faults.append(f"{place}: there is no {target}")
            elif anchor and anchor not in anchors(file):
                faults.append(f"{place}: {path or page.name} has no heading #{anchor}")
        for code in CODE.findall(line):
            if NAMED.match(code) and not any((base / code).exists() for base in (ROOT, page.parent)):
                faults.append(f"{place}: there is no `{code}`")
    return faults


def self_test() -> None:
    """The check can fail."""
    import tempfile

    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        page = Path(folder) / "page.md"
        page.write_text(
            "# One `two`: three\n[a](#one-two-three) [b](#gone) [c](page.md) [d](gone.md)\n"
            "```\n[e](gone.md)\n```\n`scripts/gone.py` `[f](gone.md)` https://x/ [g](https://x/gone)\n"
        )
        found = [fault.split(": ", 1)[1] for fault in wrong(page)]
    expected = ["page.md has no heading #gone", "there is no gone.md", "there is no `scripts/gone.py`"]
    assert found == expected, found


def main() -> int:
    self_test()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    pages = [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]
    faults = [fault for page in pages for fault in wrong(page)]
    for fault in faults:
        print(fault)
    if faults:
        return 1
    print(f"all links of {len(pages)} pages lead somewhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
