"""Labels, metrics, the rule of promotion, and alerts."""

import json
import random

import pyarrow as pa
import pytest
import wikisentry

RULES = {
    "high_risk_score": 0.0,
    "burst_edits": 3,
    "burst_window_ms": 60_000,
    "war_reverts": 4,
    "war_window_ms": 3_600_000,
    "stalled_after_ms": 120_000,
    "drift_psi": 0.25,
    "drift_window": 5_000,
    "cooldown_ms": 600_000,
    "max_per_minute": 60,
}


def edit(rev, old, user, seconds, comment=""):
    return json.dumps(
        {
            "meta": {"id": f"id-{rev}", "domain": "en.wikipedia.org", "dt": "2026-09-17T03:42:33Z"},
            "type": "edit",
            "wiki": "enwiki",
            "title": "A page",
            "namespace": 0,
            "user": user,
            "bot": False,
            "comment": comment,
            "timestamp": 1_789_616_553 + seconds,
            "revision": {"new": rev, "old": old},
            "length": {"new": 10, "old": 20},
        }
    )


def test_a_revert_labels_the_edit():
    labeler = wikisentry.Labeler()
    comment = "Undid revision 17 by [[Special:Contributions/192.0.2.7|192.0.2.7]] ([[User talk:192.0.2.7|talk]])"
    assert labeler.take([edit(17, 16, "192.0.2.7", 0)]) == []
    [label] = labeler.take([edit(18, 17, "Someone", 90, comment), "{"])
    assert (label["rev_id"], label["kind"], label["source"]) == (17, "damage", "undo")
    assert (label["reverting_rev_id"], label["delay_seconds"]) == (18, 90)
    counters = labeler.counters()
    assert (counters["edits"], counters["labels"], counters["unreadable"], counters["edits_held"]) == (2, 1, 1, 2)


def test_labels_of_the_recorded_reverts(data):
    """A page_change event names the revisions that it reverts."""
    revert = data.events()["page-change-revert"]
    labeler = wikisentry.Labeler()
    labeler.take([revert])
    assert labeler.counters()["edits"] == 1
    assert wikisentry.parse(revert)["revert"]["oldest"] > 0


def trial(seed, rows=4_000, noise=0.1):
    chance = random.Random(seed)
    labels = [chance.random() < 0.1 for _ in range(rows)]
    clip = lambda value: min(max(value, 0.001), 0.999)
    good = [clip((0.5 if label else 0.08) + chance.gauss(0, noise)) for label in labels]
    bad = [clip(0.1 + chance.gauss(0, noise)) for _ in labels]
    users = [chance.choice(["registered", "anonymous"]) for _ in labels]
    return labels, good, bad, users, ["enwiki"] * rows


def test_metrics_take_arrow_and_name_the_row_at_fault():
    labels, good, bad, users, wikis = trial(1)
    resampling = {"resamples": 50, "seed": 7}
    evaluated = wikisentry.evaluate(labels, good, users, wikis, baselines={"bad": bad}, **resampling)
    of_arrow = wikisentry.evaluate(pa.array(labels), pa.array(good), users, wikis, baselines={"bad": bad}, **resampling)
    assert evaluated == of_arrow
    assert evaluated["roc_auc"]["value"] > 0.95 > evaluated["baselines"]["bad"]["roc_auc"]["value"]
    assert set(evaluated["by_user_type"]) == {"registered", "anonymous"}
    assert evaluated["intervals"]["resamples"] == 50
    with pytest.raises(wikisentry.EvaluationError, match="row 1: the score 1.5 is no probability"):
        wikisentry.judge([True, False], [0.5, 1.5])
    with pytest.raises(wikisentry.EvaluationError, match="1 scores for 2 labels"):
        wikisentry.judge([True, False], [0.5])
    with pytest.raises(ValueError, match="nulls"):
        wikisentry.judge([True, False], pa.array([0.5, None]))


def test_only_a_better_candidate_on_unseen_labels_is_promoted():
    labels, good, bad, users, wikis = trial(2)
    period = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-10T00:00:00Z", "matured_to": "2026-11-12T00:00:00Z"}
    rule = {"resamples": 100}
    better = wikisentry.decide(labels, good, bad, users, wikis, period, rule=rule)
    assert better["promote"] and {one["check"] for one in better["findings"]} >= {"unseen_labels", "better", "calibration"}
    worse = wikisentry.decide(labels, bad, good, users, wikis, period, rule=rule)
    assert not worse["promote"] and "worse beyond noise" in next(one["text"] for one in worse["findings"] if not one["passed"])
    seen = {"trees": {"ranges": [{"from": "2026-10-01T00:00:00Z", "to": "2026-11-05T00:00:00Z"}]}}
    known = wikisentry.decide(labels, good, bad, users, wikis, period | {"candidate": seen}, rule=rule)
    assert not known["promote"] and "`trees` of the candidate has seen edits" in known["findings"][0]["text"]
    with pytest.raises(ValueError, match="colour"):
        wikisentry.decide(labels, good, bad, users, wikis, period, rule={"colour": 1})


def test_a_burst_and_a_stall_raise_alerts_once():
    model = wikisentry.Model.bootstrap()
    start = 1_789_616_553_000
    events = [edit(rev, rev - 1, "Someone", rev) for rev in range(1, 6)]
    records = model.classify(events, [start + 10_000] * 5, start + 10_000)
    detectors = wikisentry.Detectors(**RULES)
    detectors.set_score_reference(model.version, {"bounds": [0.5], "shares": [0.9, 0.1]})
    alerts = detectors.observe(records, start + 11_000)
    bursts = [alert for alert in alerts if alert["kind"] == "edit_burst"]
    assert [(alert["subject"], alert["details"]["edits"]) for alert in bursts] == [("enwiki:Someone", 3)]
    warmed = wikisentry.Detectors(**RULES)
    for record in records[:3]:
        warmed.warm(record)
    assert not [alert for alert in warmed.observe(records[3:], start) if alert["kind"] == "edit_burst"]
    [stall] = detectors.tick(start + 200_000, start)
    assert (stall["kind"], stall["severity"], stall["details"]["silent_seconds"]) == ("feed_stalled", "critical", 200.0)
    assert detectors.tick(start + 201_000, start) == []
    with pytest.raises(wikisentry.RuleError, match="burst_edits is 1, but must be from 2 to 1000"):
        wikisentry.Detectors(**RULES | {"burst_edits": 1})
    with pytest.raises(wikisentry.EventError, match="no record of edits.classified"):
        detectors.observe([b"{}"], start)
    with pytest.raises(ValueError, match="no time"):
        detectors.tick(1 << 62, start)
