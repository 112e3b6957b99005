"""Labels of Spark are those of one labeler that is shown everything, and what is true of the stream."""

import datetime
import gzip
import json

import pyarrow.parquet as pq
import stream
import wikisentry
from jobs import label_join

MEANT = ("wiki", "rev_id", "kind", "source", "reverting_rev_id", "reverting_user_type", "reverted_at", "delay_seconds")


def by_one_labeler(events):
    """The last label of each revision, as one labeler gives them for the events in their order."""
    labels = {}
    for label in wikisentry.Labeler().take(events):
        labels[label["wiki"], label["rev_id"]] = label
    return labels


def written(folder):
    """All rows of the tables, with the day that each lies in."""
    rows = []
    for path in sorted(folder.glob("labels/date=*/labels.parquet")):
        day = path.parent.name.removeprefix("date=")
        rows += [{**row, "day": day} for row in pq.ParquetFile(path).read().to_pylist()]
    return rows


def text(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_labels_are_those_of_one_labeler(spark, lake):
    report = label_join.run(spark, lake.settings())
    rows = written(lake.folder)
    expected = by_one_labeler([stream.event(edit) for edit in lake.stream])
    found = {(row["wiki"], row["rev_id"]): row for row in rows}
    assert len(rows) == len(found) == len(expected) == report["labels"]
    for key, label in expected.items():
        row = found[key] | {"reverted_at": text(found[key]["reverted_at"]), "edit_time": text(found[key]["edit_time"])}
        assert {name: row[name] for name in (*MEANT, "edit_time", "page_title")} == {
            name: label[name] for name in (*MEANT, "edit_time", "page_title")
        }
        assert row["day"] == row["edit_time"][:10]
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in report["by_kind"]}
    assert counts == report["by_kind"] and counts["damage"] > 500


def test_the_reverts_of_the_stream_are_found(spark, lake):
    label_join.run(spark, lake.settings())
    found = {(row["wiki"], row["rev_id"]): row["kind"] for row in written(lake.folder)}
    true = {(edit.wiki, edit.rev_id): edit.truth for edit in lake.stream if edit.truth}
    missed = [key for key, kind in true.items() if found.get(key) != kind]
    # The texts are real, so that some edits are reverted, or are reverts, besides.
    assert len(missed) <= len(true) * 0.02, missed[:5]


def test_days_that_are_final_are_left_alone(spark, lake):
    label_join.run(spark, lake.settings())
    tables = {path: path.read_bytes() for path in lake.folder.glob("labels/date=*/labels.parquet")}
    again = label_join.run(spark, lake.settings())
    assert again["settled_days"] >= 5
    # What is made again is the same, byte for byte.
    assert {path: path.read_bytes() for path in lake.folder.glob("labels/date=*/labels.parquet")} == tables
    # A late file in a final day is news for it and the days around it.
    place = next((lake.folder / "edits/user_type=registered/date=2026-03-02").iterdir())
    late = place / "part-00000000000000000009-00000000000000000009-0late-v2.parquet"
    late.write_bytes(next(place.glob("*-v2.parquet")).read_bytes())
    try:
        renewed = label_join.run(spark, lake.settings())
        assert renewed["settled_days"] <= again["settled_days"] - 3
    finally:
        late.unlink()
    label_join.run(spark, lake.settings())
    assert {path: path.read_bytes() for path in lake.folder.glob("labels/date=*/labels.parquet")} == tables


def test_facts_say_what_summaries_do_not(spark, tmp_path):
    """A change of tags labels an edit that nothing else speaks of."""
    import conftest

    edits = stream.edits(count=60)
    plain = [edit for edit in edits if not edit.undoes]
    conftest.write_lake(tmp_path, [stream.event(edit) for edit in plain], [edit.time_ms for edit in plain])
    target = next(edit for edit in plain if not edit.truth and not edit.bot)
    tagged = json.loads((stream.ROOT / "testdata/events/revision-tags-change.json").read_bytes())
    at = datetime.datetime.fromtimestamp((target.time_ms + 3_600_000) / 1000, datetime.UTC)
    tagged["meta"]["dt"] = text(at)
    tagged |= {"dt": text(at), "database": target.wiki, "rev_id": target.rev_id, "page_title": target.title}
    tagged |= {"tags": ["mw-reverted"], "prior_state": {"tags": []}}
    line = json.dumps(tagged)
    [label] = wikisentry.Labeler().take([*map(stream.event, plain[: plain.index(target) + 1]), line])
    folder = tmp_path / "labels/facts" / f"date={at:%Y-%m-%d}"
    folder.mkdir(parents=True)
    for name in ("00000000000000000000-00000000000000000000", "00000000000000000000-00000000000000000000-2"):
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(f"{line}\n".encode()))
    settings = conftest.Lake(tmp_path, plain, []).settings()
    label_join.run(spark, settings)
    found = {row["rev_id"]: row for row in written(tmp_path)}[target.rev_id]
    assert (found["kind"], found["source"], found["update"]) == (label["kind"], "tag", label["update"])
    assert found["delay_seconds"] == label["delay_seconds"] == 3600


def test_what_waits_for_an_edit_is_decided_by_the_clock_of_all(spark, tmp_path):
    """A rollback over a revision that does not come is led past it after ten minutes, which pass elsewhere."""
    import conftest

    begin = int(stream.BEGIN.timestamp() * 1000)

    def edit(minute, wiki, user, rev, old, comment=""):
        return stream.Edit(begin + minute * stream.MINUTE, wiki, "A page", user, comment, rev_id=rev, old=old)

    comment = "Reverted edits by [[Special:Contributions/192.0.2.7|192.0.2.7]] ([[User talk:192.0.2.7|talk]]) to last revision by Keeper"
    small = [edit(0, "simplewiki", "192.0.2.7", 10, 9), edit(5, "simplewiki", "Keeper", 20, 15, comment)]
    large = [edit(minute, "enwiki", "Somebody", 100 + minute, 99 + minute) for minute in (1, 8, 30)]
    edits = sorted([*small, *large], key=lambda one: one.time_ms)
    events = [stream.event(one) for one in edits]
    [expected] = by_one_labeler(events).values()
    assert expected["rev_id"] == 10
    conftest.write_lake(tmp_path, events, [one.time_ms for one in edits])
    label_join.run(spark, conftest.Lake(tmp_path, edits, []).settings())
    [row] = written(tmp_path)
    assert {name: row[name] for name in ("rev_id", "kind", "source")} == {
        name: expected[name] for name in ("rev_id", "kind", "source")
    }


def test_wikis_are_packed_so_that_no_task_has_much_more_than_its_share():
    sizes = {"wikidatawiki": 1000, "enwiki": 700, **{f"wiki{number}": 10 for number in range(100)}}
    given = label_join.packed(sizes, 4)
    loads = [sum(size for wiki, size in sizes.items() if given[wiki] == task) for task in range(4)]
    assert sorted(given) == sorted(sizes)
    assert max(loads) == 1000 and min(loads) >= 490


def test_near_days_share_the_work():
    days = [datetime.date(2026, 3, day) for day in (1, 2, 8, 15, 16)]
    assert [(first.day, last.day) for first, last in label_join.stretches(days)] == [(1, 8), (15, 16)]
