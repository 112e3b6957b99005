"""The tables of a day. What edits alone say is of the day that was asked for; what needs labels is of the day three days
before it, whose labels have become final: its edits, and the reverts of two days after them.

`docs` of each table and column: images/spark/README.md. Bots are in `edits_by_hour` and `wikis`, nowhere else."""

import datetime
import logging

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from . import label_join, lake, tables

LOG = logging.getLogger("jobs.daily_analytics")
MATURES_IN = datetime.timedelta(days=3)
# Of the core's figures only the values are kept, not their intervals, which cost a resampling each.
RESAMPLES = 2
_PEOPLE = "user_type <> 'bot'"


def run(spark, settings):
    report = {}
    for day in settings.days():
        edits = edits_of(spark, settings, day).cache()
        made = {
            "edits_by_hour": edits_by_hour(edits),
            "wikis": wikis(edits),
            "top_pages": top_pages(edits, settings.top),
            "top_users": top_users(edits, settings.top),
        }
        rows = {name: tables.write(settings.lake, name, day, table) for name, table in made.items()}
        edits.unpersist()
        rows |= matured(spark, settings, day - MATURES_IN)
        report[str(day)] = rows
        LOG.info("tables of %s", day, extra={"fields": rows})
    return report


def matured(spark, settings, day):
    """What labels say of a day."""
    label_join.run(spark, _only(settings, day))
    edits = edits_of(spark, settings, day).where(_PEOPLE)
    labels = lake.labels(spark, settings.lake, day, day).select("wiki", "rev_id", "kind", "delay_seconds")
    known = edits.join(labels, ["wiki", "rev_id"], "left").cache()
    made = {
        "reverts": reverts(known),
        "alert_precision": alert_precision(known),
        "model_quality": model_quality(known),
    }
    rows = {f"{name} of {day}": tables.write(settings.lake, name, day, table) for name, table in made.items()}
    known.unpersist()
    return rows


def _only(settings, day):
    import dataclasses

    return dataclasses.replace(settings, first_day=day, last_day=day)


def edits_of(spark, settings, day):
    """The edits of a day, each once."""
    rows = lake.in_its_hour(lake.edits(spark, settings.lake, day, day))
    names = ["meta_id", "wiki", "rev_id", "page_title", "namespace", "user", "edit_type", "length_old", "length_new"]
    return rows.select(*names, "score", "class", "model_version", "user_type", F.expr("cast(hour AS int)").alias("hour"), "time").dropDuplicates(["meta_id"])


def _grown(sign):
    change = F.col("length_new") - F.coalesce("length_old", F.lit(0))
    return F.coalesce(F.sum(F.when(change * sign > 0, change * sign)), F.lit(0))


def edits_by_hour(edits):
    return (
        edits.groupBy("hour", "wiki", "user_type")
        .agg(
            F.count("*").alias("edits"),
            F.count_if(F.col("edit_type") == "new").alias("new_pages"),
            F.countDistinct("page_title").alias("pages"),
            F.countDistinct("user").alias("users"),
            _grown(1).alias("bytes_added"),
            _grown(-1).alias("bytes_removed"),
            F.avg("score").alias("mean_score"),
        )
        .orderBy("hour", "wiki", "user_type")
    )


def wikis(edits):
    def share(kind):
        return (F.count_if(F.col("user_type") == kind) / F.count("*")).alias(f"{kind}_share")

    return (
        edits.groupBy("wiki")
        .agg(
            F.count("*").alias("edits"),
            share("anonymous"),
            share("bot"),
            F.countDistinct(F.when(F.expr(_PEOPLE), F.col("user"))).alias("people"),
            F.countDistinct("page_title").alias("pages"),
            F.count_if(F.col("edit_type") == "new").alias("new_pages"),
            F.count_if(F.col("class") == "high").alias("high_risk"),
        )
        .orderBy(F.desc("edits"), "wiki")
    )


def _ranked(rows, top, *then):
    order = [F.desc("edits"), *then]
    ranked = rows.withColumn("rank", F.row_number().over(Window.orderBy(*order)))
    return ranked.where(F.col("rank") <= top).orderBy("rank")


def top_pages(edits, top):
    people = edits.where(_PEOPLE).groupBy("wiki", "page_title", "namespace")
    counted = people.agg(
        F.count("*").alias("edits"),
        F.countDistinct("user").alias("users"),
        F.max("score").alias("highest_score"),
    )
    return _ranked(counted, top, "wiki", "page_title", "namespace")


def top_users(edits, top):
    people = edits.where(_PEOPLE).where(F.col("user").isNotNull()).groupBy("wiki", "user", "user_type")
    counted = people.agg(
        F.count("*").alias("edits"),
        F.countDistinct("page_title").alias("pages"),
        F.avg("score").alias("mean_score"),
    )
    return _ranked(counted, top, "wiki", "user", "user_type")


def reverts(known):
    damage = F.col("kind") == "damage"
    delay = F.when(damage, F.col("delay_seconds"))

    def quantile(share, name):
        return F.percentile(delay, F.lit(share)).alias(name)

    kinds = ("self_revert", "bot_revert", "revert_of_revert", "restored")
    return (
        known.groupBy("wiki", "user_type")
        .agg(
            F.count("*").alias("edits"),
            F.count_if(damage).alias("damage"),
            *(F.count_if(F.col("kind") == kind).alias(kind) for kind in kinds),
            (F.count_if(damage) / F.count("*")).alias("damage_rate"),
            quantile(0.5, "delay_p50_seconds"),
            quantile(0.9, "delay_p90_seconds"),
            quantile(0.99, "delay_p99_seconds"),
        )
        .orderBy("wiki", "user_type")
    )


def _judged(known):
    """Scored edits that are good or damage; the others say nothing of a model."""
    is_decided = F.col("kind").isNull() | F.col("kind").isin("damage", "restored")
    judged = known.where(is_decided & F.col("score").isNotNull())
    return judged.withColumn("label", F.coalesce(F.col("kind") == "damage", F.lit(False)))


def alert_precision(known):
    """For each class of scores how many edits of it were damage, and what share of all damage that is."""
    by_class = _judged(known).groupBy("model_version", "class", "user_type")
    counted = by_class.agg(F.count("*").alias("edits"), F.count_if("label").alias("damage"), F.min("score").alias("lowest_score"))
    of_all = F.sum("damage").over(Window.partitionBy("model_version", "user_type"))
    return counted.select(
        "model_version",
        "class",
        "user_type",
        "edits",
        "damage",
        (F.col("damage") / F.col("edits")).alias("precision"),
        F.try_divide(F.col("damage").cast("double"), of_all).alias("recall"),
        "lowest_score",
    ).orderBy("model_version", F.desc("lowest_score"), "class", "user_type")


_QUALITY = pa.schema(
    [
        pa.field("model_version", pa.string()),
        pa.field("user_type", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("damage", pa.int64()),
        *(pa.field(name, pa.float64()) for name in ("pr_auc", "roc_auc", "expected_calibration_error", "brier")),
    ]
)


def model_quality(known):
    """The core's own figures, for each model that scored, by user type and for all."""
    rows = _judged(known).select("model_version", "user_type", "meta_id", "label", "score")
    rows = rows.unionByName(rows.withColumn("user_type", F.lit("all")))
    schema = "model_version string, user_type string, rows long, damage long, pr_auc double, roc_auc double, "
    schema += "expected_calibration_error double, brier double"
    judged = rows.groupBy("model_version", "user_type").applyInArrow(_quality, schema)
    return judged.orderBy("model_version", "user_type")


def _quality(key, table):
    import wikisentry

    labels = table.column("label").combine_chunks()
    damage = labels.true_count
    row = {"model_version": key[0].as_py(), "user_type": key[1].as_py(), "rows": len(labels), "damage": damage}
    # Of edits that are all good, or all damage, there is nothing to tell apart.
    if 0 < damage < len(labels):
        figures = wikisentry.judge(labels, table.column("score").combine_chunks(), resamples=RESAMPLES)
        row |= {name: _value(figures.get(name)) for name in _QUALITY.names[4:]}
    return pa.Table.from_pylist([row], schema=_QUALITY)


def _value(figure):
    """A figure, without its interval if it has one."""
    return figure["value"] if isinstance(figure, dict) else figure
