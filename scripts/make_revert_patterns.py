#!/usr/bin/env python3
"""Writes crates/core/src/labels/summary/patterns.tsv: what is fixed in the summaries that MediaWiki
writes for undo and rollback, by language. Takes MediaWiki's own messages, one JSON object of
language -> message key -> template, as in the files languages/i18n/*.json of a release:

    python3 scripts/make_revert_patterns.py languages/i18n        # a folder with de.json, fr.json ...
    python3 scripts/make_revert_patterns.py templates.json        # or all languages in one file

Keeps no message whole: links, gender forms, markup and far ends are cut; what stays is short pieces
between the places of a revision and of users (format: see the note beside the file).
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/core/src/labels/summary/patterns.tsv"
UNDO = ["undo-summary", "undo-summary-anon", "undo-summary-username-hidden", "undo-summary-import", "undo-summary-import2"]
ROLLBACK = ["revertpage", "revertpage-anon"]
HIDDEN = ["revertpage-nouser"]
# Characters kept of a piece before the first place, between two, and after the last.
BEFORE, BETWEEN, AFTER = 28, 30, 24
HIDDEN_BEFORE = 44
# A pattern with fewer UTF-8 bytes of letters would match by chance.
MIN_LETTERS = 9


def load(path):
    path = pathlib.Path(path)
    if path.is_dir():
        return {f.stem: json.loads(f.read_text("utf-8")) for f in sorted(path.glob("*.json"))}
    return json.loads(path.read_text("utf-8"))


def places(template, keys):
    """The template with `{...}` for each place and without markup."""
    text = template
    # {{GENDER:$1|male|female}}: the first form stands for all; without forms it is nothing.
    for _ in range(4):
        text = re.sub(r"\{\{\s*(?:GENDER|gender|Gender|PLURAL|grammar|GRAMMAR)\s*:[^{}|]*\|((?:\[\[[^\[\]]*\]\]|[^{}|])*)(?:\|(?:\[\[[^\[\]]*\]\]|[^{}])*)?\}\}", r"\1", text)
        text = re.sub(r"\{\{\s*(?:GENDER|gender)\s*:[^{}|]*\}\}", "", text)
    # ([[User talk:$2|talk]]) and the like: the reader drops it from summaries too.
    text = re.sub(r"\s*[(（\[]?\s*[(（]\s*\[\[[^\[\]]*\$\d[^\[\]]*\|[^\[\]$]*\]\][^()（）\[\]]*[)）]", "", text)
    text = re.sub(r"\[\[:?[^\[\]|]*?\$(\d)\|\$(\d)\]\]", r"$\2", text)
    text = re.sub(r"\[\[[^\[\]|]*\|([^\[\]]*)\]\]", r"\1", text)
    for number, name in keys.items():
        text = text.replace(f"${number}", "\0" + name + "\0")
    if "$" in text or "{{" in text or "[[" in text:
        return None
    text = re.sub(r"\s+", " ", text).strip()
    return [piece for piece in text.split("\0")]


def cut(parts, before):
    """Shortens the pieces at the even positions; the odd ones are places."""
    last = len(parts) - 1
    out = []
    for at, part in enumerate(parts):
        if at % 2:
            out.append("{%s}" % part)
        elif at == 0:
            if len(part) > before:
                part = part[-before:]
                part = part[part.find(" ") + 1:] if " " in part.strip() else part
            out.append(part.lstrip())
        elif at == last:
            part = part.rstrip(" .。।!;,”\"'")
            if len(part) > AFTER:
                part = part[:AFTER]
                part = part[:part.rfind(" ")] if " " in part.strip() else part
            out.append(part.rstrip())
        elif len(part) > BETWEEN:
            out.append(part[:12] + "{*}" + part[-14:])
        else:
            out.append(part)
    return "".join(out)


def lower_first(text):
    return text[:1].lower() + text[1:]


def patterns(messages):
    for kind, keys, names in (
        ("undo", UNDO, {1: "rev", 2: "user", 3: "user"}),
        ("rollback", ROLLBACK, {1: "to", 2: "user"}),
        ("rollback", HIDDEN, {1: "to"}),
    ):
        for key in keys:
            template = messages.get(key)
            if not template:
                continue
            # $3 is the text of the link whose target is $2.
            parts = places(template, names)
            if parts is None:
                continue
            found = parts[1::2]
            if kind == "undo" and found.count("rev") != 1 or found.count("user") > 1:
                continue
            if kind == "rollback" and found.count("to") > 1:
                continue
            if kind == "rollback" and keys is ROLLBACK and "user" not in found:
                continue
            if keys is HIDDEN and "to" not in found:
                continue
            # A user in plain text ends nowhere: the pattern ends before, or is none.
            if key == "undo-summary-import2" and "user" in found:
                if found[-1] != "user":
                    continue
                parts = parts[: parts.index("user")]
            # Where no user is named, the words that say so must be there.
            pattern = cut(parts, HIDDEN_BEFORE if keys is HIDDEN else BEFORE)
            letters = len("".join(c for c in re.sub(r"\{[^}]*\}", "", pattern) if c.isalpha()).encode())
            if letters >= MIN_LETTERS:
                yield "hidden" if keys is HIDDEN else kind, lower_first(pattern)


def main():
    merged = {}
    for language, messages in sorted(load(sys.argv[1]).items()):
        for kind, pattern in patterns(messages):
            merged.setdefault((kind, pattern), set()).add(language)
    lines = [f"{kind}\t{','.join(sorted(langs))}\t{pattern}" for (kind, pattern), langs in sorted(merged.items())]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines)} patterns of {len(set().union(*merged.values()))} languages, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
