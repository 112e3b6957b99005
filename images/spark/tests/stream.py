"""A week of edits with the reverts that followed them, made of the labelled edits in testdata: what a feed would have
sent, and what is true of it. The same each time."""

import dataclasses
import datetime
import gzip
import json
import pathlib
import random
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[3]
WIKIS = ("enwiki", "enwiki", "enwiki", "enwiktionary", "simplewiki")
BEGIN = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
DAYS = 9
MINUTE = 60_000
DAY = 1440 * MINUTE


@dataclasses.dataclass
class Edit:
    time_ms: int
    wiki: str
    title: str
    user: str
    comment: str
    bot: bool = False
    rev_id: int = 0
    old: int = 0
    # The revision that it undoes, and its author.
    undoes: "Edit | None" = None
    # What became of it: `damage`, `self_revert` or nothing.
    truth: str | None = None


def edits(seed=7, count=None):
    """All edits in the order of their times, numbered."""
    chance = random.Random(seed)
    with gzip.open(ROOT / "testdata/labelled/pan11_en.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][:count]
    begin = int(BEGIN.timestamp() * 1000)
    made = []
    for number, row in enumerate(rows):
        # In every fourth hour only: files of an hour are what a test waits for.
        hour, within = divmod(number * DAYS * 6 * 60 * MINUTE // len(rows), 60 * MINUTE)
        time = begin + hour * 240 * MINUTE + within
        edit = Edit(time, WIKIS[number % len(WIKIS)], row["title"], row["user"], row["comment"] or "")
        made.append(edit)
        fate = chance.random()
        if row["label"] and fate < 0.95:
            edit.truth = "damage"
            made.append(_undo(edit, f"Patroller {number % 17}", chance))
        elif not row["label"] and fate < 0.02:
            edit.truth = "self_revert"
            made.append(_undo(edit, edit.user, chance))
        if number % 5 == 0:
            made.append(Edit(time + 7_000, edit.wiki, f"List {number}", "TidyBot", "tidying", bot=True))
    made.sort(key=lambda edit: edit.time_ms)
    latest = {}
    for number, edit in enumerate(made):
        edit.rev_id = 1_000_000 + 3 * number
        edit.old = latest.get((edit.wiki, edit.title), edit.rev_id - 500_000)
        latest[edit.wiki, edit.title] = edit.rev_id
        if edit.undoes:
            rev, author = edit.undoes.rev_id, edit.undoes.user
            who = f"[[Special:Contributions/{author}|{author}]] ([[User talk:{author}|talk]])"
            edit.comment = f"Undid revision {rev} by {who}"
    return made


def _undo(edit, user, chance):
    delay = chance.choice([2, 7, 20, 240, 1200]) * MINUTE + chance.randrange(MINUTE)
    return Edit(edit.time_ms + delay, edit.wiki, edit.title, user, "", undoes=edit)


def event(edit):
    """As `recentchange` sends it."""
    at = datetime.datetime.fromtimestamp(edit.time_ms / 1000, datetime.UTC)
    marked = uuid.UUID(int=(0x7F3A << 112) | (0x4000 << 64) | (0x8000 << 48) | edit.rev_id)
    domain = {"enwiki": "en.wikipedia.org", "enwiktionary": "en.wiktionary.org"}.get(edit.wiki, "simple.wikipedia.org")
    return json.dumps(
        {
            "$schema": "/mediawiki/recentchange/1.0.0",
            "meta": {"id": str(marked), "domain": domain, "dt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")},
            "type": "edit",
            "wiki": edit.wiki,
            "title": edit.title,
            "namespace": 0,
            "user": edit.user,
            "bot": edit.bot,
            "minor": False,
            "comment": edit.comment,
            "timestamp": edit.time_ms // 1000,
            "revision": {"new": edit.rev_id, "old": edit.old},
            "length": {"new": 1000 + edit.rev_id % 700, "old": 1000},
        }
    )
