"""Label facts between the edits: what the topic `revision.tags` told, kept by day in gzipped lines
(docs/contracts/labels.md). A lake without them is labelled by what summaries say."""

from pyspark.sql import functions as F
from pyspark.sql import types as T

from . import lake, session, store

_KEYS = T.StructType(
    [
        T.StructField("fact", T.BinaryType()),
        T.StructField("wiki", T.StringType()),
        T.StructField("rev_order", T.LongType()),
        T.StructField("is_tags", T.IntegerType()),
        T.StructField("stated_ms", T.LongType()),
        T.StructField("date", T.StringType()),
    ]
)


def read(spark, place, first, last, from_ms):
    """The facts of some days with the columns of edits, each once; not later than the end of their day."""
    empty = [F.lit(None).cast(kind).alias(name) for name, kind in lake.EDIT.items() if name not in ("wiki", "event_time")]
    lines = _lines(spark, place, first, last).dropDuplicates(["date", "value"]).mapInArrow(_keys, _KEYS)
    end_of_day = F.expr("unix_millis(to_timestamp(date)) + 86399999")
    lines = lines.withColumn("time_ms", F.least("stated_ms", end_of_day)).where(F.col("time_ms") >= from_ms)
    rows = lines.select(
        "wiki",
        F.expr("timestamp_millis(time_ms)").alias("event_time"),
        *empty,
        F.lit("registered").alias("user_type"),
        "fact",
        "time_ms",
        F.lit(1).alias("is_fact"),
        "rev_order",
        "is_tags",
        F.lit(0).alias("kind_order"),
        F.lit("").alias("file"),
        F.lit(0).cast("long").alias("row"),
    )
    return rows


def _lines(spark, place, first, last):
    found = [name for name in store.of(place).folders("labels/facts") if name.startswith("date=")]
    days = [name for name in found if str(first) <= name.removeprefix("date=") <= str(last)]
    schema = "value string, date string"
    if not days:
        return spark.createDataFrame([], schema)
    folders = [session.path(f"{place}/labels/facts/{name}") for name in days]
    base = session.path(f"{place}/labels/facts")
    return spark.read.schema(schema).option("basePath", base).option("lineSep", "\n").text(folders)


def _keys(batches):
    import pyarrow as pa
    import wikisentry

    names = [field.name for field in _KEYS]
    kinds = [pa.binary(), pa.string(), pa.int64(), pa.int32(), pa.int64(), pa.string()]
    schema = pa.schema(list(zip(names, kinds)))
    for batch in batches:
        rows = []
        for line, day in zip(batch.column("value").to_pylist(), batch.column("date").to_pylist()):
            row = _key(wikisentry, line)
            if row:
                rows.append(dict(zip(names, [line.encode(), *row, day])))
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)


def _key(wikisentry, line):
    import datetime

    try:
        event = wikisentry.parse(line)
    except wikisentry.EventError:
        return None
    fact = event.get("tags") or (event.get("edit") if event.get("revert") else None)
    if fact is None or fact.get("rev_id") is None:
        return None
    time = datetime.datetime.fromisoformat(fact.get("time") or fact["event_time"])
    return fact["wiki"], fact["rev_id"], int("tags" in event), int(time.timestamp() * 1000)
