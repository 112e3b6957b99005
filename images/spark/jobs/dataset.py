"""Data sets for training: the edits of the window whose labels have matured, as rows of features in three parts that
follow each other in time. The rows are made by the core, in one pass in the order in which the embedded platform reads
the lake: `text_risk` goes on learning from edit to edit, so that the same lake gives the same rows everywhere.

`datasets/ID/part=train|calibrate|test/*.parquet`, `text_risk_of_trial.bin`, `text_risk_of_refit.bin` and, last,
`dataset.json`: without that there is no data set."""

import datetime
import json
import logging

import pyarrow as pa
import wikisentry
from pyspark.sql import functions as F
from pyspark.sql import types as T

from . import lake, provenance, session, store
from .errors import TooLittle
from .registry import Registry, now
from .settings import DAY_MS

LOG = logging.getLogger("jobs.dataset")
_BESIDE = ("hour_ms", "label_kind", "label_source", "label_delay")
# Rows of a file: what one task of the training reads.
FILE_ROWS = 500_000
KEEP = 2

ROW = T.StructType(
    [
        *(T.StructField(name, T.FloatType()) for name in wikisentry.FEATURES),
        T.StructField("label", T.BooleanType()),
        T.StructField("wiki", T.StringType()),
        T.StructField("rev_id", T.LongType()),
        T.StructField("user_type", T.StringType()),
        # The bits of an unsigned number, which Spark does not have.
        T.StructField("user_hash", T.LongType()),
        T.StructField("event_time", T.TimestampType()),
        T.StructField("meta_id", T.StringType()),
        T.StructField("text_risk_of_refit", T.FloatType()),
        T.StructField("text_risk_of_champion", T.FloatType()),
        T.StructField("part", T.StringType()),
    ]
)


def run(spark, settings):
    champion = Registry(settings).champion()
    rows = lake.edits(spark, settings.lake)
    clock = lake.stream_clock(rows)
    if clock is None:
        raise TooLittle("no edit is archived yet")
    young_from = clock - settings.maturity_ms
    first = _date(young_from - settings.window_ms - DAY_MS)
    test_after = provenance.newest_ms(champion.card)
    by_hour = rows.groupBy("hour_ms", (F.col("user_type") == "bot").alias("bot")).count().collect()
    people = {row.hour_ms: row["count"] for row in by_hour if not row.bot}
    try:
        split = wikisentry.split(
            people,
            young_from,
            window_ms=settings.window_ms,
            calibrate_ms=settings.calibrate_ms,
            test_ms=settings.test_ms,
            test_after=test_after,
        )
    except ValueError as error:
        raise TooLittle(str(error)) from error
    bounds = {name: provenance.ms(time) for name, time in split.items()}
    left_out = _left_out(by_hour, bounds, clock)
    in_window = f"hour_ms >= {bounds['train_from']} AND hour_ms < {bounds['young_from']} AND hour_ms <= {clock}"
    wanted = lake.edits(spark, settings.lake, first).where("user_type <> 'bot'").where(in_window)
    ordered = _ordered(spark, settings, wanted, first)
    count = sum(n for hour, n in people.items() if bounds["train_from"] <= hour < bounds["young_from"])
    created = now()
    name = datetime.datetime.fromisoformat(created).strftime("%Y%m%dT%H%M%S%f")[:-3]
    made = ordered.mapInArrow(
        _make(f"{settings.datasets}/{name}", split, count, settings, champion.text, test_after), ROW
    )
    written = made.write.partitionBy("part").option("maxRecordsPerFile", FILE_ROWS)
    written.parquet(session.path(f"{settings.datasets}/{name}"))
    place = store.of(settings.datasets)
    report = place.json(f"{name}/report.json")
    report["left_out"] = {key: value + left_out.get(key, 0) for key, value in report["left_out"].items()}
    manifest = {
        "id": name,
        "created": created,
        "feature_version": wikisentry.FEATURES_VERSION,
        "features": list(wikisentry.FEATURES),
        "split": split,
        **report,
        "negatives_kept": 1.0,
        "damage_kept": 1.0,
        "seed": settings.seed,
    }
    place.put_json(f"{name}/dataset.json", manifest)
    prune(place, KEEP)
    LOG.info("data set %s: %s", name, {part: it["rows"] for part, it in report["parts"].items()})
    if report["new_damage"] < settings.min_new_labels:
        found, asked = report["new_damage"], settings.min_new_labels
        raise TooLittle(f"{found} edits are newly known to be damage, {asked} are asked for")
    if not report["parts"]["test"]["rows"]:
        raise TooLittle(f"no label of an edit that {champion.scorer.version} has not seen has matured")
    return manifest


def _date(ms):
    return datetime.datetime.fromtimestamp(max(0, ms) / 1000, datetime.UTC).date()


def _left_out(by_hour, bounds, clock):
    """Edits of hours that are not read at all, and why."""
    counts = dict.fromkeys(("bots", "ahead", "young", "old"), 0)
    for row in by_hour:
        if row.bot:
            counts["bots"] += row["count"]
        elif row.hour_ms > clock:
            counts["ahead"] += row["count"]
        elif row.hour_ms >= bounds["young_from"]:
            counts["young"] += row["count"]
        elif row.hour_ms < bounds["train_from"]:
            counts["old"] += row["count"]
    return counts


def _ordered(spark, settings, edits, first):
    labels = lake.labels(spark, settings.lake, first).select(
        "wiki",
        "rev_id",
        F.col("kind").alias("label_kind"),
        F.col("source").alias("label_source"),
        F.col("delay_seconds").alias("label_delay"),
        F.col("date").alias("label_date"),
    )
    # The labels of a day are those of its edits.
    same = (edits.wiki == labels.wiki) & (edits.rev_id == labels.rev_id) & (edits.date == labels.label_date)
    known = edits.join(labels, same, "left").drop(labels.wiki, labels.rev_id)
    order = ["hour_ms", F.expr(lake.TYPE_ORDER), "file", "row"]
    # One partition, sorted on disk where it is large.
    return known.repartition(1).sortWithinPartitions(*order).select(*lake.EDIT, "user_type", *_BESIDE)


def _make(place, split, rows, settings, champion_text, test_after):
    maturity_ms, seed = settings.maturity_ms, settings.seed

    def make(batches):
        made = wikisentry.DatasetPass(
            split, rows=rows, maturity_ms=maturity_ms, champion_text=champion_text, test_after=test_after, seed=seed
        )
        for batch in batches:
            found = pa.record_batch(made.take(lake.as_taken(batch, _BESIDE)))
            if found.num_rows:
                yield _for_spark(found)
        report, of_trial, of_refit = made.finish()
        beside = store.of(place)
        beside.put("text_risk_of_trial.bin", of_trial)
        beside.put("text_risk_of_refit.bin", of_refit)
        beside.put("report.json", json.dumps(report).encode())

    return make


def _for_spark(batch):
    columns = dict(zip(batch.schema.names, batch.columns))
    columns["user_hash"] = columns["user_hash"].view(pa.int64())
    columns["event_time"] = columns["event_time"].cast(pa.timestamp("us", tz="UTC"))
    return pa.RecordBatch.from_pydict(columns)


def rows_of(spark, settings, name):
    """The rows of a data set."""
    place = session.path(f"{settings.datasets}/{name}")
    return spark.read.option("basePath", place).parquet(f"{place}/part=*")


def prune(place, keep):
    """Removes all but the newest data sets, and what stopped runs left."""
    names = [name for name in place.folders(None) if len(name) == 18 and name[8] == "T"]
    whole = [name for name in names if place.json(f"{name}/dataset.json") is not None]
    for name in names:
        # One that is newer than the newest may be in the making.
        if name not in whole[-keep:] and whole and name < whole[-1]:
            place.delete(thing["path"] for thing in place.objects(name))
