"""The lake as a table of Spark (docs/contracts/lake.md)."""

import datetime

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T

from . import session, store

_TEXT, _WHOLE, _FLAG, _TIME = T.StringType(), T.LongType(), T.BooleanType(), T.TimestampType()

# What an edit is made of, in the order in which the core takes it.
EDIT = {
    "meta_id": _TEXT, "wiki": _TEXT, "rev_id": _WHOLE, "rev_old_id": _WHOLE, "page_title": _TEXT,
    "namespace": _WHOLE, "user": _TEXT, "is_bot": _FLAG, "is_minor": _FLAG, "comment": _TEXT,
    "length_old": _WHOLE, "length_new": _WHOLE, "event_time": _TIME, "edit_type": _TEXT, "page_id": _WHOLE,
    "user_id": _WHOLE, "is_patrolled": _FLAG, "user_edit_count": _WHOLE, "user_registered_at": _TIME,
    "user_groups": T.ArrayType(_TEXT, False), "page_revision_count": _WHOLE, "source_topic": _TEXT,
    "source_partition": T.IntegerType(), "source_offset": _WHOLE, "ingest_time": _TIME,
}
# What the platform said of it.
_SAID = {"score": T.DoubleType(), "class": _TEXT, "model_version": _TEXT}
# The names of the folders.
_FOLDERS = {"user_type": _TEXT, "date": _TEXT, "hour": _TEXT}

SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in {**EDIT, **_SAID, **_FOLDERS}.items()])
LABEL = T.StructType(
    [
        T.StructField("wiki", _TEXT),
        T.StructField("rev_id", _WHOLE),
        T.StructField("page_title", _TEXT),
        T.StructField("edit_time", _TIME),
        T.StructField("kind", _TEXT),
        T.StructField("source", _TEXT),
        T.StructField("reverting_rev_id", _WHOLE),
        T.StructField("reverting_user_type", _TEXT),
        T.StructField("reverted_at", _TIME),
        T.StructField("delay_seconds", _WHOLE),
        T.StructField("update", _WHOLE),
    ]
)
# Order of the types within an hour, as the embedded platform reads them.
TYPE_ORDER = "CASE user_type WHEN 'bot' THEN 0 WHEN 'anonymous' THEN 1 ELSE 2 END"
# When an edit was made: at most one hour after it arrived. And where the stream's clock stands after it.
TIME = "least(event_time, ingest_time + INTERVAL 1 HOUR)"
CLOCK = "least(event_time, ingest_time)"
HOUR_MS = "unix_millis(to_timestamp(concat(date, ' ', hour, ':00:00')))"
TIME_MS = pa.timestamp("ms", tz="UTC")


def edits(spark, place, first=None, last=None):
    """All rows of some days, by the names of the folders, with `hour_ms`, `time`, and their place in the files.
    A lake without the folder is empty."""
    folder = f"{place}/edits"
    if not store.of(place).folders("edits"):
        return spark.createDataFrame([], T.StructType([*SCHEMA, *_PLACES])).select("*", *_times())
    rows = spark.read.schema(SCHEMA).parquet(session.path(folder))
    for bound, day in ((">=", first), ("<=", last)):
        if day is not None:
            rows = rows.where(f"date {bound} '{day.isoformat()}'")
    places = [F.col("_metadata.file_name").alias("file"), F.col("_metadata.row_index").alias("row")]
    return rows.select("*", *places).select("*", *_times())


_PLACES = [T.StructField("file", _TEXT), T.StructField("row", _WHOLE)]


def _times():
    names = {"hour_ms": HOUR_MS, "time": TIME, "clock": CLOCK}
    return [F.expr(text).alias(name) for name, text in names.items()]


def in_its_hour(rows):
    """Without those that lie where they said they were made, years ahead."""
    return rows.where("unix_millis(time) >= hour_ms AND unix_millis(time) < hour_ms + 3600000")


def labels(spark, place, first=None, last=None):
    """The labels of the edits of some days, and `date`."""
    found = [name for name in store.of(place).folders("labels") if name.startswith("date=")]
    days = [name.removeprefix("date=") for name in found]
    days = [day for day in days if (first is None or day >= str(first)) and (last is None or day <= str(last))]
    schema = T.StructType([*LABEL, T.StructField("date", _TEXT)])
    if not days:
        return spark.createDataFrame([], schema)
    files = [session.path(f"{place}/labels/date={day}/labels.parquet") for day in days]
    return spark.read.schema(schema).option("basePath", session.path(f"{place}/labels")).parquet(*files)


def stream_clock(rows):
    """The time of the latest edit, or of its arrival if that is earlier; `None` without edits. Of the last day
    that has any."""
    newest = rows.agg(F.max("date")).first()[0]
    if newest is None:
        return None
    found = rows.where(F.col("date") >= str(datetime.date.fromisoformat(newest) - datetime.timedelta(days=2)))
    return found.agg(F.max(F.expr("unix_millis(clock)"))).first()[0]


def as_taken(batch, extra=()):
    """A batch as the core takes it: times in milliseconds, and no other columns than it knows."""
    names = [*EDIT, "user_type", *extra]
    columns = []
    for name in names:
        column = batch.column(name)
        columns.append(column.cast(TIME_MS, safe=False) if pa.types.is_timestamp(column.type) else column)
    return pa.RecordBatch.from_arrays(columns, names=names)
