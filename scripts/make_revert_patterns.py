#!/usr/bin/env python3
"""Writes crates/core/src/labels/summary/patterns/TOOL.tsv: what is fixed in the summaries that a tool
writes for undo, rollback and restored revisions, by language. Takes the tool's own messages, a folder of
i18n/*.json or one JSON object of language -> message key -> template:

    python3 scripts/make_revert_patterns.py mediawiki=languages/i18n flaggedrevs=i18n/revisionreview \\
        automoderator=AutoModerator/i18n twinkle=twinkle-core/i18n

Keeps no message whole: links, markup and far ends are cut; what stays is short pieces between the
places of a revision and of users (format: see the note beside the files).
"""

import pathlib
import re
import sys
import unicodedata

from revert_messages import AFTER_USER, BEFORE_USER, COUNT, GOOD, REV, USER, load, plain, summaries

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/core/src/labels/summary/patterns"
# Characters kept of a piece before the first place, between two, and after the last.
BEFORE, BETWEEN, AFTER = 40, 30, 24
# Where no user is named, the words that say so must be there.
HIDDEN_BEFORE = 60
# A pattern with fewer letters would match by chance: with a place that only few texts have, without
# one, and the aim around a revision for which more of the message is taken.
MIN_LETTERS, MIN_ALONE, ENOUGH = 4, 14, 20
# Who and how many is of no interest beside a revision; several authors are a list.
WHATEVER = {"{user}": "{users}", "{plain}": "{users}", "{num}": "{*}"}
PLACES = (
    f"{BEFORE_USER}{REV}{AFTER_USER}|#?{REV}|{BEFORE_USER}{USER}{AFTER_USER}|{USER}"
    f"|{BEFORE_USER}{GOOD}{AFTER_USER}|{GOOD}|{COUNT}"
)


def place(found):
    if REV in found:
        return "{rev}"
    if GOOD in found:
        return "{to}"
    if USER in found:
        return "{user}" if found.startswith(BEFORE_USER) else "{plain}"
    return "{num}"


def letters(pattern):
    """The letters of the fixed text; one of a script of syllables or words counts for two and a half."""
    fixed = [c for c in re.sub(r"\{[^}]*\}", "", pattern) if unicodedata.category(c)[0] in "LM"]
    return sum(2.5 if "\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" else 1 for c in fixed)


def tail(text, length):
    if len(text) > length:
        text = text[-length:]
        text = text[text.find(" ") + 1:] if " " in text.strip() else text
    return text


def head(text, length):
    text = text.rstrip(" .。।!;,”\"'")
    if len(text) > length:
        text = text[:length]
        text = text[:text.rfind(" ")] if " " in text.strip() else text
    return text.rstrip()


def cut(parts, before=BEFORE):
    """Shortens the pieces at the even positions; the odd ones are places."""
    out = [tail(parts[0], before).lstrip()]
    for at, part in enumerate(parts[1:-1], 1):
        is_long = at % 2 == 0 and len(part) > BETWEEN
        out.append(part[:12] + "{*}" + part[-14:] if is_long else part)
    return "".join(out) + (head(parts[-1], AFTER) if len(parts) > 1 else "")


def window(parts):
    """The pieces around the revision, and more of what is before it until they are enough."""
    at = parts.index("{rev}")
    for first in range(at - 1, -1, -2):
        before = [WHATEVER.get(part, part) for part in parts[first:at]]
        if before[-1].strip() == "" and first > 0:
            continue
        pattern = cut(before + parts[at:at + 2])
        if letters(pattern) >= ENOUGH:
            return pattern
    return cut([WHATEVER.get(part, part) for part in parts])


def pattern(kind, summary, hidden, is_whole=False):
    """The pattern that recognises a summary; `None` if it could match others. With more than the pieces
    around a revision if `is_whole`."""
    text = plain(summary)
    if "[[" in text or "{{" in text:
        return None
    parts, end = [], 0
    for found in re.finditer(PLACES + (f"|{re.escape(hidden)}" if hidden else ""), text):
        # That the name is hidden must be said: these words stay whole.
        parts += [text[end:found.start()], hidden if found[0] == hidden else place(found[0])]
        end = found.end()
    parts.append(text[end:])
    if parts[0].strip() == "" and len(parts) > 1:
        parts[0] = ""
    found = parts[1::2]
    users = found.count("{user}") + found.count("{plain}")
    if users > 1 or found.count("{to}") > 1 or found.count("{rev}") != (kind in ("undo", "to", "first")):
        return None
    if kind == "rollback" and users != 1:
        return None
    least = MIN_LETTERS if kind in ("undo", "rollback") else MIN_ALONE
    # Who a name in plain text is does not matter where a revision is named, if there is enough else.
    if kind == "undo" and "{plain}" in found:
        at = parts.index("{plain}")
        without = parts[:at] if "{rev}" in parts[:at] else parts[at + 1:]
        parts = without if letters(cut(without)) >= MIN_ALONE or at == 1 and parts[0] == "" else parts
    if kind in ("to", "first") and not is_whole:
        made = window(parts)
    elif kind == "first":
        made = cut([WHATEVER.get(part, part) for part in parts])
    else:
        made = cut(parts, HIDDEN_BEFORE if kind == "hidden" else BEFORE)
    # A gap at the start says nothing.
    made = re.sub(r"^(?:\{(?:\*|users|num)\}\s*)+", "", made)
    # A name in plain text begins nowhere.
    made = re.sub(r"^\{to\}\s*", "", made) if kind in ("to", "first") else made
    first = made[:1].lower()
    # A letter that becomes two in lower case stays.
    made = first + made[1:] if len(first) == 1 else made
    return made if letters(made) >= least else None


def main():
    for argument in sys.argv[1:]:
        tool, _, path = argument.partition("=")
        merged, unmade = {}, set()
        for language, messages in sorted(load(path).items()):
            for key, kind, summary, hidden in summaries(tool, messages):
                made = pattern(kind, summary, hidden)
                if made is None:
                    unmade.add(f"{language} {key}")
                else:
                    merged.setdefault((kind, made), set()).add(language)
        # Some translations tell the two apart only far from the revision, or not at all: then the usual
        # one is meant.
        for language, messages in sorted(load(path).items()):
            for _, kind, summary, hidden in summaries(tool, messages):
                if kind == "first" and ("to", pattern(kind, summary, hidden)) in merged:
                    merged.pop(("first", pattern(kind, summary, hidden)), None)
                    whole = pattern(kind, summary, hidden, is_whole=True)
                    if whole and ("to", whole) not in merged:
                        merged.setdefault(("first", whole), set()).add(language)
        lines = [f"{kind}\t{','.join(sorted(langs))}\t{made}" for (kind, made), langs in sorted(merged.items())]
        file = OUT / f"{tool}.tsv"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(lines) + "\n", "utf-8")
        languages = set().union(*merged.values())
        print(f"{tool}: {len(lines)} patterns of {len(languages)} languages, {file.stat().st_size} bytes")
        print(f"  without a pattern: {', '.join(sorted(unmade)) or 'none'}")


if __name__ == "__main__":
    main()
