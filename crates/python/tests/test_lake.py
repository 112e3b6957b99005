"""Rows of the lake: labels and data sets from tables are those from events."""

import datetime
import json

import pyarrow as pa
import pytest
import wikisentry

TIME = pa.timestamp("ms", tz="UTC")
COLUMNS = {
    "meta_id": pa.string(), "wiki": pa.string(), "rev_id": pa.int64(), "rev_old_id": pa.int64(),
    "page_title": pa.string(), "namespace": pa.int64(), "user": pa.string(), "is_bot": pa.bool_(),
    "is_minor": pa.bool_(), "comment": pa.string(), "length_old": pa.int64(), "length_new": pa.int64(),
    "event_time": TIME, "edit_type": pa.string(), "page_id": pa.int64(), "user_id": pa.int64(),
    "is_patrolled": pa.bool_(), "user_edit_count": pa.int64(), "user_registered_at": TIME,
    "user_groups": pa.list_(pa.string()), "page_revision_count": pa.int64(), "source_topic": pa.string(),
    "source_partition": pa.int32(), "source_offset": pa.int64(), "ingest_time": TIME,
    "user_type": pa.string(),
}  # fmt: skip
BEGIN = 1_789_603_200_000
HOUR = 3_600_000
DAY = 24 * HOUR


def event(rev, old, user, ms, comment="", wiki="enwiki", title="A page"):
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {
            "meta": {"id": f"id-{wiki}-{rev}", "domain": "en.wikipedia.org", "dt": at.replace("+00:00", "Z")},
            "type": "edit",
            "wiki": wiki,
            "title": title,
            "namespace": 0,
            "user": user,
            "bot": False,
            "comment": comment,
            "timestamp": ms // 1000,
            "revision": {"new": rev, "old": old},
            "length": {"new": 10 + rev % 7, "old": 20},
        }
    )


def table(events, **beside):
    """The events as rows of the lake."""
    model = wikisentry.Model.bootstrap()
    records = [json.loads(record) for record in model.classify(events, [BEGIN + 400 * DAY] * len(events), BEGIN)]
    for record in records:
        for name in ("event_time", "ingest_time", "user_registered_at"):
            if record.get(name):
                record[name] = datetime.datetime.fromisoformat(record[name])
    made = pa.Table.from_pylist(records, schema=pa.schema(list(COLUMNS.items())))
    for name, column in beside.items():
        made = made.append_column(name, column)
    return made


def undo(rev, user):
    return f"Undid revision {rev} by [[Special:Contributions/{user}|{user}]] ([[User talk:{user}|talk]])"


def a_week():
    """Edits of which every tenth is undone."""
    events = []
    for number in range(2_000):
        ms = BEGIN + number * 7 * DAY // 2_000
        user = f"192.0.2.{number % 50}" if number % 3 == 0 else f"User {number % 40}"
        events.append((ms, event(1000 + 2 * number, 1, user, ms, "typo", title=f"Page {number}")))
        if number % 10 == 0:
            back = ms + 5 * 60_000
            events.append((back, event(1001 + 2 * number, 1000 + 2 * number, "Patrol", back, undo(1000 + 2 * number, user), title=f"Page {number}")))
    return [text for _, text in sorted(events)]


def test_rows_give_the_labels_of_their_events():
    events = a_week()
    by_events, by_rows = wikisentry.Labeler(), wikisentry.Labeler()
    expected = by_events.take(events)
    rows = table(events)
    found = [label for batch in rows.to_batches(max_chunksize=300) for label in by_rows.take_rows(batch)]
    assert found == expected and len(found) == 200
    assert by_rows.counters() == by_events.counters()
    # A stream of batches is taken too.
    assert wikisentry.Labeler().take_rows(rows) == expected


def test_a_fact_between_the_rows_counts_until_its_time(data):
    revert = data.events()["page-change-revert"]
    expected = wikisentry.Labeler()
    expected.take([revert])
    rows = table([event(1, 0, "A", BEGIN)])
    fact = rows.set_column(rows.schema.get_field_index("user"), "user", pa.array(["A"])).append_column("fact", pa.array([revert]))
    labeler = wikisentry.Labeler()
    labeler.take_rows(fact)
    assert labeler.counters()["edits"] == 1 and labeler.counters()["unreadable"] == 0
    labeler.take_rows(fact.set_column(fact.schema.get_field_index("fact"), "fact", pa.array([b"{"])))
    assert labeler.counters()["unreadable"] == 1


def test_the_clock_moves_on_without_an_edit():
    comment = "Reverted edits by [[Special:Contributions/192.0.2.7|192.0.2.7]] ([[User talk:192.0.2.7|talk]]) to last revision by Keeper"
    events = [event(10, 9, "192.0.2.7", BEGIN), event(20, 15, "Keeper", BEGIN + 60_000, comment)]
    labeler = wikisentry.Labeler()
    assert labeler.take(events) == []
    [label] = labeler.advance(BEGIN + HOUR)
    assert (label["rev_id"], label["kind"]) == (10, "damage")
    assert labeler.advance(BEGIN + 2 * HOUR) == []
    counters = labeler.counters()
    assert (counters["edits"], counters["duplicates"], counters["edits_held"]) == (2, 0, 2)


def test_a_data_set_has_the_features_of_its_edits():
    events = a_week()
    labels = {label["rev_id"]: label for label in wikisentry.Labeler().take(events)}
    rows = table(events)
    known = [labels.get(rev, {}) for rev in rows["rev_id"].to_pylist()]
    hours = [round(at.timestamp() * 1000) // HOUR * HOUR for at in rows["event_time"].to_pylist()]
    rows = table(
        events,
        hour_ms=pa.array(hours),
        label_kind=pa.array([label.get("kind") for label in known], pa.string()),
        label_source=pa.array([label.get("source") for label in known], pa.string()),
        label_delay=pa.array([label.get("delay_seconds") for label in known], pa.int64()),
    )
    by_hour = {hour: hours.count(hour) for hour in set(hours)}
    young_from = BEGIN + 6 * DAY
    spans = {"window_ms": 45 * DAY, "calibrate_ms": DAY, "test_ms": DAY}
    split = wikisentry.split(by_hour, young_from, **spans)
    assert split["young_from"].startswith("2026-09-23") and split["train_from"] < split["calibrate_from"] < split["test_from"]
    made = wikisentry.DatasetPass(split, rows=len(rows), maturity_ms=2 * DAY)
    found = pa.Table.from_batches([pa.record_batch(made.take(batch)) for batch in rows.to_batches(max_chunksize=500)])
    report, trial, refit = made.finish()
    assert len(trial) == len(refit) == 131_072 and trial != refit
    counts = {part: found["part"].to_pylist().count(part) for part in ("train", "calibrate", "test")}
    assert {part: it["rows"] for part, it in report["parts"].items()} == counts
    assert sum(counts.values()) + sum(report["left_out"].values()) == len(rows)
    assert report["left_out"]["young"] > 0 and sum(report["damage_by_source"].values()) == sum(found["label"].to_pylist())
    by_rev = dict(zip(found["rev_id"].to_pylist(), range(len(found))))
    features = pa.record_batch(wikisentry.features(events[:300]))
    for name in wikisentry.FEATURES:
        if name == "text_risk":
            continue
        for place, rev in enumerate(rows["rev_id"].to_pylist()[:300]):
            value = features[name][place].as_py()
            mine = found[name][by_rev[rev]].as_py()
            assert mine == value or (value is None and mine != mine), (name, rev)


def test_too_few_edits_are_said():
    with pytest.raises(ValueError, match="too few"):
        wikisentry.split({BEGIN: 5}, BEGIN + DAY, window_ms=DAY, calibrate_ms=HOUR, test_ms=HOUR)
    split = wikisentry.split({BEGIN + hour * HOUR: 5 for hour in range(50)}, BEGIN + 2 * DAY, window_ms=9 * DAY, calibrate_ms=HOUR, test_ms=HOUR)
    with pytest.raises(ValueError, match="131071"):
        wikisentry.DatasetPass(split, rows=5, maturity_ms=DAY, champion_text=bytes(131_071))


def test_a_label_that_is_none_is_refused():
    split = wikisentry.split({BEGIN + hour * HOUR: 5 for hour in range(50)}, BEGIN + 2 * DAY, window_ms=9 * DAY, calibrate_ms=HOUR, test_ms=HOUR)
    made = wikisentry.DatasetPass(split, rows=5, maturity_ms=DAY)
    for kind, source, delay, message in [
        ("damage", "gossip", 1, "`gossip` is no source of a label"),
        ("vandalism", "undo", 1, "`vandalism` is no kind of a label"),
        ("damage", None, 1, "has a `label_source`"),
        ("damage", "undo", None, "and a `label_delay`"),
    ]:
        rows = table(
            [event(1, 0, "A", BEGIN)],
            hour_ms=pa.array([BEGIN]),
            label_kind=pa.array([kind]),
            label_source=pa.array([source], pa.string()),
            label_delay=pa.array([delay], pa.int64()),
        )
        with pytest.raises(ValueError, match=message):
            made.take(rows)


def test_a_table_without_what_is_needed_is_refused():
    rows = table([event(1, 0, "A", BEGIN)])
    with pytest.raises(ValueError, match="user_type"):
        wikisentry.Labeler().take_rows(rows.drop_columns(["user_type"]))
    with pytest.raises(ValueError, match="comment"):
        wikisentry.Labeler().take_rows(rows.drop_columns(["comment"]))
    wrong = rows.set_column(rows.schema.get_field_index("user_type"), "user_type", pa.array(["somebody"]))
    with pytest.raises(ValueError, match="somebody"):
        wikisentry.Labeler().take_rows(wrong)
    with pytest.raises(TypeError):
        wikisentry.Labeler().take_rows([b"{}"])


def test_rows_have_the_scores_of_their_events(data):
    events = [line for line in data.sample() if b'"type": "edit"' in line or b'"type":"edit"' in line][:200]
    model = wikisentry.Model.bootstrap()
    features = pa.record_batch(model.features(events))
    flat = [float("nan") if (value := column[row].as_py()) is None else value for row in range(len(features)) for column in features.columns]
    scores = pa.array(model.score_rows(pa.array(flat, pa.float32()))).to_pylist()
    expected = pa.array(model.score(events, score_bots=True)).to_pylist()
    assert scores == expected
    with pytest.raises(ValueError, match="whole rows"):
        model.score_rows([1.0])


def test_what_a_card_needs_is_fitted():
    width = len(wikisentry.FEATURES)
    margins = [(number * 37 % 100) / 20 - 3 for number in range(1_000)]
    labels = [margin > 0.5 and number % 3 > 0 for number, margin in enumerate(margins)]
    rows = [float(number % 11) for number in range(500 * width)]
    fitted = wikisentry.calibrate(margins, labels, rows, [("high", 0.02), ("medium", 0.1)])
    assert fitted["calibration"]["method"] == "platt" and fitted["calibration"]["slope"] > 0
    assert [one["name"] for one in fitted["classes"]] == ["high", "medium", "low"]
    assert fitted["score_reference"] and fitted["drift_reference"]["rows"] == 500
    with pytest.raises(wikisentry.EvaluationError, match="slope"):
        wikisentry.calibrate(margins, [not label for label in labels], rows, [("high", 0.02)])
