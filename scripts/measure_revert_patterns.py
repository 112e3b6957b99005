#!/usr/bin/env python3
"""Writes the summaries that tools write in all their languages, has them read, and prints what share is
read right, by tool and language, as a table in Markdown. Takes messages as make_revert_patterns.py does:

    python3 scripts/measure_revert_patterns.py mediawiki=languages/i18n flaggedrevs=i18n/revisionreview ...

A summary is right if the revision, or the user, or that the name is hidden, is what the tool filled in;
every form of a plural or gender is a summary. The tools below have no message files.
"""

import collections
import json
import os
import subprocess
import sys

from revert_messages import COUNT, GOOD, LINK, LINKED, REV, USER, load, summaries, wiki

TALK = f"([[User talk:{USER}|talk]])"
ENGLISH = {
    "huggle": [
        ("rollback", f"Reverted edits by {LINKED} {TALK} to last revision by {GOOD} ([[WP:HG|HG]]) (3.4.12)"),
        ("rollback", f"Reverted edits by {LINKED} {TALK} ([[WP:HG|HG]]) (3.4.12)"),
        ("rollback", f"Undid edit by {LINKED} {TALK} ([[WP:HG|HG]])"),
        ("to", f"Restored revision {REV} made by {GOOD}: reason ([[WP:HG|HG]])"),
    ],
    "twinkle in English": [
        ("rollback", f"Reverted [[WP:AGF|good faith]] edits by {LINKED} {TALK}: Reason ([[WP:TW|TW]])"),
        ("rollback", f"Reverted 1 edit by {LINKED} {TALK}: Reason"),
        ("rollback", f"Reverted {COUNT} edits by {LINKED} {TALK} to last revision by {GOOD}"),
        ("rollback", f"Reverted {COUNT} edits by {USER} to last revision by {GOOD}"),
        ("hidden", f"Reverted 1 edit by an unknown user to last revision by {GOOD}"),
        ("hidden", "Reverted 1 edit by an unknown user: Reason"),
        ("hidden", "Reverted [[WP:AGF|good faith]] edits by an unknown user"),
        ("to", f"Restored revision {REV} by {LINK % (GOOD, GOOD)} ([[User talk:{GOOD}|talk]]): Reason"),
        ("to", f"Restored revision {REV} by an unknown user"),
        ("to", f"[[Help:Revert|Reverted]] to revision {REV} by {GOOD}: reason"),
    ],
    "redwarn, ultraviolet": [
        ("to", f"Reverting edit(s) by {LINKED} ([[User_talk:{USER}|talk]]) to rev. {REV} by {GOOD}: no [[w:en:WP:RW|(RW 16.1)]]"),
        ("rollback", f"Rollback edit(s) by {LINKED} ([[User_talk:{USER}|talk]]): Reason [[w:en:WP:UV|(UV 0.1)]]"),
        ("to", f"Restoring revision {REV} by {GOOD}: Reason [[w:en:WP:RW|(RW 16.1)]]"),
    ],
    "swviewer": [
        ("rollback", f"Undid edits by [[Special:Contribs/{USER}|{USER}]] {TALK} to last version by {GOOD}"),
        ("rollback", f"Undid edits by [[Special:Contribs/{USER}|{USER}]] {TALK} to last version by {GOOD}: spam"),
        ("rollback", f"Reverted edits by [[Special:Contribs/{USER}|{USER}]] {TALK} to last version by {GOOD}: spam"),
    ],
    "wikiloop doublecheck": [
        ("undo", f"Identified as test/vandalism using [[:m:WikiLoop DoubleCheck]] version 4.0.1. See it or provide your opinion at http://doublecheck.wikiloop.org/revision/enwiki/{REV}"),
        ("undo", f"Identifié comme test / vandalisme à l'aide de la version [[:m:WikiLoop DoubleCheck]] 4.0.1. Consultez-le ou donnez votre avis sur http://doublecheck.wikiloop.org/revision/frwiki/{REV}"),
        ("undo", f"[[:m:WikiLoop DoubleCheck]] 버전 4.0.1을 (를) 사용하여 테스트 / 파손 행위로 식별되었습니다. http://battlefield.wikiloop.org/revision/kowiki/{REV}에서 보거나 의견을 보내주십시오"),
    ],
}
# Of the largest Wikipedias by articles and edits: a row each.
LARGE = "en de fr es ja ru pt it zh fa pl ar nl uk he id tr cs sv ko vi hu fi ca no sr ro da bn hi th el bg".split()
LANGUAGES = {"no": "nb", "zh": "zh-hans", "sr": "sr-ec"}


def written(arguments):
    """Each (tool, language, kind, summary)."""
    for argument in arguments:
        tool, _, path = argument.partition("=")
        for language, messages in sorted(load(path).items()):
            for _, kind, summary, _ in summaries(tool, messages):
                yield tool, language, kind, summary
    for tool, lines in ENGLISH.items():
        for kind, summary in lines:
            yield tool, "en", kind, summary


def is_right(kind, read):
    if kind in ("undo", "to"):
        return read["kind"] == kind and read["rev_id"] == int(REV)
    if kind == "first":
        return read["kind"] in ("manual", "none")
    return read["kind"] == "rollback" and read["user"] == (USER if kind == "rollback" else None)


def main():
    rows = list(written(sys.argv[1:]))
    lines = "".join(json.dumps({"wiki": wiki(language), "comment": summary}) + "\n" for _, language, _, summary in rows)
    command = [os.environ.get("CARGO", "cargo"), "run", "-q", "-p", "wikisentry-core", "--example", "read_summaries"]
    out = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    right, all_of = collections.Counter(), collections.Counter()
    for (tool, language, kind, summary), line in zip(rows, out.decode().splitlines(), strict=True):
        read = json.loads(line)
        for place in ((tool, language), (tool, "all")):
            all_of[place] += 1
            right[place] += is_right(kind, read)
        if not is_right(kind, read):
            print(f"{tool} {language}: {kind}, read as {line}\n    {summary}", file=sys.stderr)
    tools = list(dict.fromkeys(tool for tool, *_ in rows))
    print("| tool | languages | summaries | read right | languages below 100 % |\n| --- | ---: | ---: | ---: | --- |")
    for tool in tools:
        languages = sorted(language for of, language in all_of if of == tool and language != "all")
        below = [f"{language} {right[tool, language]}/{all_of[tool, language]}" for language in languages
                 if right[tool, language] < all_of[tool, language]]
        share = right[tool, "all"] / all_of[tool, "all"]
        print(f"| {tool} | {len(languages)} | {all_of[tool, 'all']} | {share:.1%} | {', '.join(below) or 'none'} |")
    tools = [tool for tool in tools if tool not in ENGLISH]
    print(f"\n| language | {' | '.join(tools)} |\n| --- |{' ---: |' * len(tools)}")
    for code in LARGE:
        language = LANGUAGES.get(code, code)
        shares = [f"{right[tool, language]}/{all_of[tool, language]}" if all_of[tool, language] else "-" for tool in tools]
        print(f"| {code} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
