#!/usr/bin/env python3
"""Refuses Rust modules that do not open with what they are for (`//!`), and doc comments of three
words or fewer: these repeat a name where a unit, a range, a reason, an error or a source belongs.
The comments of clap's types are help texts and exempt.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEWEST_WORDS = 4

HELP = re.compile(r"#\[derive\([^)]*\b(?:Args|Parser|Subcommand|ValueEnum)\b")
ATTRIBUTE = re.compile(r"#!?\[|//(?![/!])")


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.rs"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield name


def blocks(lines):
    """Line number and words of each doc comment."""
    number, words = 0, []
    for at, line in enumerate([*lines, ""], 1):
        comment = re.match(r"\s*//[/!](?!/)(.*)", line)
        if comment:
            number = number if words else at
            words += comment[1].split()
        elif words:
            yield number, words
            words = []


def opens_with_purpose(lines):
    opening = [line for line in lines if line.strip() and not ATTRIBUTE.match(line)]
    return bool(opening) and opening[0].startswith("//!")


def findings(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    # A fuzz target opens with libFuzzer's attribute, and its name says what it is for.
    if not (name.startswith("fuzz/fuzz_targets/") or opens_with_purpose(lines)):
        yield 1, "the module does not open with what it is for"
    if not any(HELP.search(line) for line in lines):
        for number, words in blocks(lines):
            if len(words) < FEWEST_WORDS:
                yield number, f"a doc comment that says nothing: {' '.join(words)}"


def main():
    refused = False
    for name in tracked():
        for number, what in findings(name):
            print(f"{name}:{number}: {what}")
            refused = True
    sys.exit(refused)


if __name__ == "__main__":
    main()
