"""Trains a candidate with XGBoost on Spark, on all rows of a data set: the first part is trained on, the second says
when to stop and makes margins scores. The candidate waits in the folder of the run until it is judged."""

import json
import logging

import numpy
import pyarrow as pa
import wikisentry
from pyspark.sql import functions as F

from . import dataset, provenance, store
from .errors import TooLittle
from .registry import encoded, now, sha256
from .runs import Run

LOG = logging.getLogger("jobs.train")
# Damage without which a part says nothing.
MIN_DAMAGE = 50
# Shares of the edits in each class, riskiest first; the rest is `low`.
CLASSES = (("high", 0.02), ("medium", 0.1))
# Rows that the reference of the features' distribution is made of: more say no more.
REFERENCE_ROWS = 20_000
# Those of the embedded platform's own trainer, under XGBoost's names.
PARAMETERS = {
    "learning_rate": 0.05,
    "max_depth": 6,
    "min_child_weight": 1.0,
    "reg_lambda": 1.0,
    "gamma": 0.0,
    "subsample": 0.9,
    "colsample_bytree": 0.4,
    "tree_method": "hist",
}
STOP_AFTER = 50
FEATURES = list(wikisentry.FEATURES)
TEXT_RISK = "text_risk"


def run(spark, settings):
    work = Run(settings)
    manifest = work.report("dataset")
    parts = manifest["parts"]
    enough(parts)
    rows = dataset.rows_of(spark, settings, manifest["id"])
    training = rows.where("part IN ('train', 'calibrate')").withColumn("is_validation", F.col("part") == "calibrate")
    model, trees = fit(training, settings, settings.trees, validation=True)
    calibrate = rows.where("part = 'calibrate'").orderBy("event_time", "wiki", "rev_id")
    margins, labels, sample = _margins(calibrate, model)
    fitted = wikisentry.calibrate(margins, labels, sample, CLASSES)
    text, _ = store.of(f"{settings.datasets}/{manifest['id']}").read("text_risk_of_trial.bin")
    card = _card(settings, manifest, model, text, trees, fitted)
    # Refused here rather than where it is to be used.
    wikisentry.Model.load(model, encoded(card), text)
    for name, content in (("model.json", model), ("card.json", encoded(card)), ("text_risk.bin", text)):
        work.keep(f"candidate/{name}", content)
    LOG.info("%s trees on %s edits", trees, parts["train"]["rows"])
    return {"trees": trees, "rows": parts["train"]["rows"], "model_sha256": card["model_sha256"]}


def enough(parts):
    for name in ("train", "calibrate"):
        rows, damage = parts[name]["rows"], parts[name]["damage"]
        if min(damage, rows - damage) < MIN_DAMAGE:
            raise TooLittle(
                f'the part "{name}" has {rows} edits, of which {damage} were reverted as damage; at least '
                f"{MIN_DAMAGE} of both kinds are needed"
            )


def fit(rows, settings, trees, validation):
    """Grows trees; gives the model as XGBoost's JSON and their number. Each worker holds its share of the rows, four
    bytes a value and one more for its bin. Features come as one array: of columns by name XGBoost 3.2 takes no batch
    in which one of the two kinds of rows is missing."""
    from xgboost.spark import SparkXGBClassifier

    more = {"validation_indicator_col": "is_validation", "early_stopping_rounds": STOP_AFTER} if validation else {}
    classifier = SparkXGBClassifier(
        features_col="features",
        label_col="target",
        num_workers=settings.workers,
        n_estimators=trees,
        missing=float("nan"),
        random_state=settings.seed,
        eval_metric="logloss",
        **PARAMETERS,
        **more,
    )
    kept = ["is_validation"] if validation else []
    rows = rows.select(F.array(*FEATURES).alias("features"), F.col("label").cast("int").alias("target"), *kept)
    model = classifier.fit(rows)
    booster = model.get_booster()
    if validation:
        # Up to the best one; what came after made it worse.
        booster = booster[: booster.best_iteration + 1]
    booster.feature_names = FEATURES
    return bytes(booster.save_raw("json")), booster.num_boosted_rounds()


def flat(batch):
    """The features of a batch, row after row."""
    columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in FEATURES]
    return numpy.ascontiguousarray(numpy.stack(columns, axis=1), dtype=numpy.float32).ravel()


def _margins(rows, model):
    """Margins and labels of all rows, and the features of the first. Margins are the core's."""

    def margins(batches):
        booster = wikisentry.Booster(model)
        for batch in batches:
            of_batch = pa.array(booster.margins(pa.array(flat(batch)))).cast(pa.float64())
            yield pa.RecordBatch.from_arrays([of_batch, batch.column("label")], names=["margin", "label"])

    found = rows.select(*FEATURES, "label").mapInArrow(margins, "margin double, label boolean").toArrow()
    sample = rows.select(*FEATURES).limit(REFERENCE_ROWS).toArrow().combine_chunks()
    return found.column("margin").combine_chunks(), found.column("label").combine_chunks(), pa.array(flat(sample))


def _card(settings, manifest, model, text, trees, fitted):
    parts = manifest["parts"]
    train, calibrate = parts["train"], parts["calibrate"]
    return {
        "name": settings.model,
        "version": 1,
        "created": now(),
        "model_sha256": sha256(model),
        "text_risk_sha256": sha256(text),
        "features": {"version": wikisentry.FEATURES_VERSION, "names": FEATURES},
        **fitted,
        "data": {
            "range": {"from": train["from"], "to": calibrate["to"]},
            "rows": train["rows"] + calibrate["rows"],
            "damage": train["damage"] + calibrate["damage"],
            "dataset": manifest["id"],
            **{key: manifest[key] for key in ("parts", "left_out", "negatives_kept", "damage_by_source", "maturity")},
        },
        "provenance": provenance.of_training(parts, ["train"]),
        "metrics": None,
        "parameters": {
            "objective": "binary:logistic",
            **PARAMETERS,
            "trees": trees,
            "trees_at_most": settings.trees,
            "early_stopping_rounds": STOP_AFTER,
            "trainer": f"xgboost.spark {_version()}",
        },
        "seed": settings.seed,
        "origin": "retrained",
        "run": settings.run_id,
    }


def _version():
    import xgboost

    return xgboost.__version__


def with_text_of(rows, which):
    """Rows with `text_risk` by the weights of the refit or of the champion."""
    return rows.withColumn(TEXT_RISK, F.col(f"text_risk_of_{which}"))


def candidate(work):
    """What a training left: model, card and weights."""
    model, card, text = (work.kept(f"candidate/{name}") for name in ("model.json", "card.json", "text_risk.bin"))
    return model, json.loads(card), text
