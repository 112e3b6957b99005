"""The wheel against the vectors that every language must meet, bit for bit."""

import json
import struct

import pyarrow as pa
import pytest
import wikisentry


def bits(value):
    """The bits of a number as the f32 that it is; None is missing."""
    return None if value is None else struct.pack("<f", value)


def raw(event):
    return json.dumps(event).encode()


def test_user_types(data):
    cases = data.json("user_type.json")["cases"]
    assert len(cases) > 10
    for case in cases:
        assert wikisentry.user_type(case["user"], case["bot"]) == case["user_type"], case["name"]


def test_canary_events_are_told_from_edits(data):
    for case in data.json("canary.json")["cases"]:
        event = wikisentry.parse(raw(case["event"]))
        assert (event["kind"] == "canary") == case["canary"], case["name"]
        assert not (case["canary"] and event["topic"]), case["name"]


def test_odd_events_are_read_or_refused_by_the_field(data):
    cases = data.json("odd_event.json")["cases"]
    refused = [case for case in cases if case.get("refused")]
    assert len(refused) > 5
    for case in refused:
        with pytest.raises(wikisentry.EventError) as error:
            wikisentry.parse(case["json"])
        assert case["refused"] in str(error.value), case["name"]
    for case in cases:
        if edit := case.get("edit"):
            found = wikisentry.parse(case["json"])["edit"]
            assert {name: found.get(name) for name in edit} == edit, case["name"]


def test_recorded_events_are_routed_as_expected(data):
    expected = json.loads((data.root / "testdata" / "events" / "expected.json").read_bytes())
    edits = 0
    for name, wanted in expected.items():
        event = wikisentry.parse(data.events()[name.removesuffix(".json")])
        if "edit" in wanted:
            edits += 1
            assert event["edit"] == wanted["edit"], name
    assert edits > 10


def test_features(data):
    vectors = data.json("features.json")
    assert wikisentry.FEATURES == tuple(vectors["names"])
    assert wikisentry.FEATURES_VERSION == vectors["version"]
    events = [raw(case["event"]) for case in vectors["cases"]]
    assert len(events) > 20
    table = pa.record_batch(wikisentry.features(events))
    assert table.schema.names == vectors["names"]
    for case, row in zip(vectors["cases"], table.to_pylist(), strict=True):
        for name, value in zip(vectors["names"], case["row"], strict=True):
            assert bits(row[name]) == bits(value), f"{name} of {case['name']}"


def test_margins(data):
    seen = 0
    for name, vector in data.packed("xgboost"):
        booster = wikisentry.Booster(vector["model"].encode())
        rows = floats(vector["rows"])
        margins = pa.array(booster.margins(pa.array(rows, pa.float32())))
        found = struct.pack(f"<{len(margins)}f", *margins.to_pylist())
        assert found == struct.pack(f"<{len(vector['margins'])}I", *vector["margins"]), name
        seen += len(margins)
    assert seen > 2_000


def test_contributions(data):
    seen = set()
    for name, vector in data.packed("explanation"):
        path = data.root / vector["model"]
        model = path.read_bytes()
        if path.suffix == ".gz":
            packed = dict(data.packed("xgboost"))[path.name]
            model = packed["model"].encode()
        booster = wikisentry.Booster(model)
        assert booster.num_features == vector["features"]
        found = pa.array(booster.contributions(floats(vector["rows"]))).to_pylist()
        assert len(found) == len(vector["contributions"])
        # Python's XGBoost, which wrote them, sums in 32 bits.
        worst = max(abs(a - b) for a, b in zip(found, vector["contributions"], strict=True))
        assert worst < 1e-4, name
        seen.add(vector["model"])
    assert "models/edit-risk/versions/1/model.json" in seen and len(seen) > 5


def floats(bits_of_rows):
    packed = struct.pack(f"<{len(bits_of_rows)}I", *bits_of_rows)
    return list(struct.unpack(f"<{len(bits_of_rows)}f", packed))


def test_revert_summaries(data):
    cases = data.json("revert_summary.json")["cases"]
    assert len(cases) > 15
    for case in cases:
        read = wikisentry.revert_summary(case["wiki"], case["comment"])
        found = read or {"kind": "none", "rev_id": None, "user": None}
        for field in ("kind", "rev_id", "user"):
            assert found[field] == case.get(field), case["name"]


def test_figures(data):
    named = {"roc_auc": "roc_auc", "pr_auc": "pr_auc", "brier": "brier"}
    with_figures = 0
    for case in data.json("evaluation.json")["metrics"]:
        labels = [bool(label) for label in case["labels"]]
        weights = case.get("weights")
        judged = wikisentry.judge(labels, case["scores"], weights=weights, resamples=20)
        assert (judged["rows"], judged["damage"]) == (len(labels), sum(labels))
        if min(sum(labels), len(labels) - sum(labels)) < 20:
            assert "figures need 20" in judged["note"], case["name"]
            continue
        with_figures += 1
        expected = {named[name]: case[name] for name in named}
        if error := case.get("expected_calibration_error"):
            expected["expected_calibration_error"] = error
        for name, value in expected.items():
            # Cards have six digits.
            assert judged[name]["value"] == round(value, 6), f"{name} of {case['name']}"
        for budget, recall, precision in zip((1, 2, 5), case.get("recall", []), case.get("precision", [])):
            found = judged["at_review_budget"][f"top_{budget}_percent"]
            assert found["recall"]["value"] == round(recall, 6)
            assert found["precision"]["value"] == round(precision, 6)
    assert with_figures >= 2
