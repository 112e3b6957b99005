"""Data set, training and promotion: the rows are those of one pass over the same files, the margins those of XGBoost, and
the registry is what its contract says."""

import dataclasses
import json

import duckdb
import numpy
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import wikisentry
from jobs import dataset, evaluate_and_promote, label_join, lake as lakes, provenance, registry, runs, train
from jobs.errors import Conflict, TooLittle
from jobs.settings import DAY_MS, HOUR_MS
from obstore.store import MemoryStore

TYPES = ("bot", "anonymous", "registered")


@pytest.fixture(scope="module")
def settings(lake):
    """A registry in memory, which has conditional writes."""
    given = lake.settings(run_id="learn", trees=30, calibrate_ms=2 * DAY_MS, test_ms=2 * DAY_MS)
    return dataclasses.replace(given, models=MemoryStore(), maturity_ms=48 * HOUR_MS)


@pytest.fixture(scope="module")
def manifest(spark, settings):
    label_join.run(spark, settings)
    made = dataset.run(spark, settings)
    runs.Run(settings).finish("dataset", made)
    return made


def in_order(folder):
    """The edits by people of the lake, by hour, user type, file and place, with their labels: without Spark."""
    labels = {}
    for path in folder.glob("labels/date=*/labels.parquet"):
        for row in pq.ParquetFile(path).read().to_pylist():
            labels[row["wiki"], row["rev_id"]] = row
    hours = {}
    for path in folder.glob("edits/*/*/*/*.parquet"):
        kind, day, hour = (part.split("=")[1] for part in path.parent.parts[-3:])
        if kind != "bot":
            hours.setdefault((day, hour, TYPES.index(kind)), []).append(path)
    for (day, hour, kind), paths in sorted(hours.items()):
        start = numpy.datetime64(f"{day}T{hour}", "ms").astype(int)
        for path in sorted(paths):
            table = pq.ParquetFile(path).read()
            found = [labels.get(key, {}) for key in zip(table["wiki"].to_pylist(), table["rev_id"].to_pylist())]
            beside = {
                "user_type": pa.array([TYPES[kind]] * len(table)),
                "hour_ms": pa.array([start] * len(table), pa.int64()),
                "label_kind": pa.array([label.get("kind") for label in found], pa.string()),
                "label_source": pa.array([label.get("source") for label in found], pa.string()),
                "label_delay": pa.array([label.get("delay_seconds") for label in found], pa.int64()),
            }
            for name, column in beside.items():
                table = table.append_column(name, column)
            yield int(start), table


def test_rows_are_those_of_one_pass_over_the_files(lake, settings, manifest):
    bounds = {name: provenance.ms(time) for name, time in manifest["split"].items()}
    tables = list(in_order(lake.folder))
    by_hour = {}
    for start, table in tables:
        by_hour[start] = by_hour.get(start, 0) + len(table)
    champion = wikisentry.Model.bootstrap()
    test_after = provenance.newest_ms(champion.card)
    clock = max(record["event_time"] for record in lake.records)
    young_from = round(clock.timestamp() * 1000) - settings.maturity_ms
    spans = {"window_ms": settings.window_ms, "calibrate_ms": settings.calibrate_ms, "test_ms": settings.test_ms}
    assert manifest["split"] == wikisentry.split(by_hour, young_from, **spans, test_after=test_after)
    rows = sum(count for hour, count in by_hour.items() if bounds["train_from"] <= hour < bounds["young_from"])
    made = wikisentry.DatasetPass(
        manifest["split"], rows=rows, maturity_ms=settings.maturity_ms, test_after=test_after, seed=settings.seed
    )
    batches = []
    for start, table in tables:
        if bounds["train_from"] <= start < bounds["young_from"]:
            batches.append(pa.record_batch(made.take(table)))
    expected = pa.Table.from_batches(batches)
    report, of_trial, of_refit = made.finish()
    place = lake.folder / "datasets" / manifest["id"]
    found = ds.dataset(place, partitioning="hive", exclude_invalid_files=True).to_table()
    assert (place / "text_risk_of_trial.bin").read_bytes() == of_trial
    assert (place / "text_risk_of_refit.bin").read_bytes() == of_refit
    assert of_trial != of_refit
    for name, part in report["parts"].items():
        assert manifest["parts"][name] == part
    key = [("event_time", "ascending"), ("rev_id", "ascending")]
    found, expected = found.sort_by(key), expected.sort_by(key)
    assert len(found) == len(expected) > 5_000
    for name in expected.schema.names:
        mine, other = found[name].combine_chunks(), expected[name].combine_chunks()
        if name == "user_hash":
            mine = mine.view(pa.uint64())
        if name == "event_time":
            mine = mine.cast(other.type)
        if pa.types.is_floating(other.type):
            # Bit for bit, missing values too.
            assert mine.to_numpy().tobytes() == other.to_numpy().tobytes(), name
        else:
            assert mine.cast(pa.string()).to_pylist() == other.cast(pa.string()).to_pylist(), name


def test_what_is_in_no_part_is_counted(lake, manifest):
    people = sum(record["user_type"] != "bot" for record in lake.records)
    in_parts = sum(part["rows"] for part in manifest["parts"].values())
    left_out = dict(manifest["left_out"])
    assert left_out.pop("bots") == len(lake.records) - people > 0
    assert in_parts + sum(left_out.values()) == people
    assert left_out["young"] > 0 and left_out["undecided"] > 0


def test_damage_is_what_duckdb_counts(lake, manifest):
    split = manifest["split"]
    found = duckdb.sql(
        f"""SELECT count(*) FILTER (kind = 'damage') FROM
        '{lake.folder}/edits/*/*/*/*.parquet' AS edits JOIN '{lake.folder}/labels/*/labels.parquet' AS labels
        USING (wiki, rev_id)
        WHERE NOT is_bot AND event_time < TIMESTAMPTZ '{split["young_from"]}'"""
    ).fetchall()[0][0]
    damage = sum(part["damage"] for part in manifest["parts"].values())
    # What an edit war has on both sides of a boundary is in no part.
    assert found - manifest["left_out"]["same_war"] <= damage <= found
    assert sum(manifest["damage_by_source"].values()) == damage


@pytest.fixture(scope="module")
def trained(spark, settings, manifest):
    report = train.run(spark, settings)
    runs.Run(settings).finish("train", report)
    return report


def test_the_candidate_is_taken_by_the_core_and_has_the_margins_of_xgboost(lake, settings, manifest, trained):
    import xgboost

    model, card, text = train.candidate(runs.Run(settings))
    loaded = wikisentry.Model.load(model, registry.encoded(card), text)
    assert loaded.card["features"]["names"] == list(wikisentry.FEATURES)
    assert 1 <= trained["trees"] <= 30
    place = lake.folder / "datasets" / manifest["id"]
    rows = ds.dataset(place / "part=test").to_table().to_batches()[0]
    flat = train.flat(rows)
    booster = xgboost.Booster(model_file=bytearray(model))
    matrix = xgboost.DMatrix(flat.reshape(-1, len(wikisentry.FEATURES)), feature_names=list(wikisentry.FEATURES))
    expected = booster.predict(matrix, output_margin=True)
    found = pa.array(wikisentry.Booster(model).margins(pa.array(flat))).to_numpy()
    assert numpy.abs(found - expected).max() < 1e-6
    scores = pa.array(loaded.score_rows(pa.array(flat))).to_numpy()
    calibration = card["calibration"]
    again = 1 / (1 + numpy.exp(-(calibration["slope"] * found.astype(float) + calibration["intercept"])))
    assert numpy.abs(scores - again).max() < 1e-12


def test_a_candidate_is_judged_published_and_never_promoted_twice(spark, settings, manifest, trained):
    report = evaluate_and_promote.run(spark, settings)
    names = [finding["check"] for finding in report["decision"]["findings"]]
    assert names[0] == "unseen_labels"
    places = registry.Registry(settings)
    model, card, text = places.files(report["version"])
    loaded = wikisentry.Model.load(model, card, text, version=("edit-risk", report["version"]))
    assert loaded.card["decision"]["promote"] == report["promoted"]
    assert report["promoted"] or report["reason"]
    test = manifest["parts"]["test"]
    assert loaded.card["metrics"]["rows"] == test["rows"]
    assert "edit-risk/1" in loaded.card["metrics"]["baselines"]
    # A repeated attempt after the publication publishes nothing more.
    again = evaluate_and_promote.run(spark, settings)
    assert again == report and places._numbers() == [report["version"]]


def test_the_metrics_are_those_of_the_core_for_the_same_rows(lake, settings, manifest, trained):
    model, card, text = train.candidate(runs.Run(settings))
    rows = ds.dataset(lake.folder / "datasets" / manifest["id"] / "part=test").to_table()
    rows = rows.sort_by([("event_time", "ascending"), ("wiki", "ascending"), ("rev_id", "ascending")]).combine_chunks()
    scores = wikisentry.Model.load(model, registry.encoded(card), text).score_rows(pa.array(train.flat(rows.to_batches()[0])))
    labels = rows["label"].combine_chunks()
    expected = wikisentry.judge(labels, pa.array(scores), clusters=rows["user_hash"].combine_chunks())
    version = registry.Registry(settings)._numbers()[-1]
    found = json.loads(registry.Registry(settings).files(version)[1])["metrics"]
    for name in ("pr_auc", "roc_auc"):
        assert found[name]["value"] == pytest.approx(expected[name]["value"], abs=1e-9)


def versions(settings):
    """A registry of its own with the bootstrap model as a version that may be published."""
    mine = dataclasses.replace(settings, models=MemoryStore())
    model, card, text = train.candidate(runs.Run(settings))
    return registry.Registry(mine), model, card, text


def test_promotion_is_one_conditional_write(settings, trained):
    places, model, card, text = versions(settings)
    first, second = places.publish(model, text, card), places.publish(model, text, {**card, "seed": 2})
    assert (first, second) == (1, 2)
    assert places.promote(first, None, card["model_sha256"]) is None
    with pytest.raises(Conflict):
        places.promote(second, None, card["model_sha256"])
    assert places.promote(second, first, card["model_sha256"]) is None
    alias = places.store.json("edit-risk/aliases/champion")
    assert (alias["version"], alias["previous"]) == (2, 1)
    assert places.store.json("edit-risk/aliases/previous")["version"] == 1
    assert places.champion().version == 2


def test_what_people_ruled_stands_above_what_was_measured(settings, trained):
    places, model, card, text = versions(settings)
    version = places.publish(model, text, card)
    held = {"version": 9, "updated_at": registry.now(), "hold": {"since": registry.now(), "reason": "a trial"}, "kept": 1}
    places.store.put_json("edit-risk/aliases/champion", held)
    ruled = places.promote(version, 9, card["model_sha256"])
    assert ruled["check"] == "held" and "a trial" in ruled["text"]
    before = {"model_sha256": card["model_sha256"], "version": 4, "at": registry.now()}
    places.store.put_json("edit-risk/aliases/champion", {"version": 9, "updated_at": registry.now(), "rolled_back": [before]})
    assert places.promote(version, 9, card["model_sha256"])["check"] == "rolled_back"
    assert places.promote(version, 9, "another") is None
    assert places.store.json("edit-risk/aliases/champion")["rolled_back"] == [before]


def test_two_that_publish_at_once_get_two_numbers(settings, trained):
    places, model, card, text = versions(settings)
    # Somebody has put a model, and was killed before its card.
    places.store.put("edit-risk/versions/3/model.json", b"{}")
    assert places.publish(model, text, card) == 4
    assert places.published(card["run"]) == 4
    assert places.store.json("edit-risk/versions/3/card.json") is None


def test_too_little_to_learn_from_is_said(spark, settings, manifest):
    few = json.loads(json.dumps(manifest))
    few["parts"]["calibrate"]["damage"] = 3
    with pytest.raises(TooLittle, match="calibrate"):
        train.enough(few["parts"])
    with pytest.raises(TooLittle, match="newly known"):
        dataset.run(spark, dataclasses.replace(settings, min_new_labels=10**6))


def test_old_data_sets_go_and_one_in_the_making_stays(tmp_path):
    from jobs import store

    place = store.of(str(tmp_path))
    names = [f"20260301T12000000{number}" for number in range(5)]
    for name in names:
        place.put(f"{name}/part=train/a.parquet", b"x")
    for name in names[:1] + names[2:4]:
        place.put_json(f"{name}/dataset.json", {"id": name})
    dataset.prune(place, 2)
    assert sorted({thing["path"][:18] for thing in place.objects()}) == names[2:]


def test_the_clock_is_never_later_than_the_arrival(spark, lake):
    clock = lakes.stream_clock(lakes.edits(spark, str(lake.folder)))
    assert clock == max(round(record["event_time"].timestamp() * 1000) for record in lake.records)
