"""Which edits were reverted as damage: docs/contracts/labels.md. The core's labeler is shown the edits of each wiki in
the order of their times.

By wiki, not by page: a revert names revisions and users, and a page that was moved has another title after it, so that
what belongs together is known for a wiki alone. The labeler takes 2 µs and 55 bytes an edit; the largest wiki has
a third of all. Wikis are packed into as many tasks as there are cores, large ones first."""

import dataclasses
import datetime
import hashlib
import heapq
import io
import logging

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F
from pyspark.sql import types as T

from . import facts, lake, session, store
from .settings import DAY_MS, HOUR_MS, MEMORY_MS

LOG = logging.getLogger("jobs.label_join")
# Whole days around a day that its labels are made from.
REACH = datetime.timedelta(days=-(-MEMORY_MS // DAY_MS))
MADE_FROM, SETTLED = b"wikisentry.made_from", b"wikisentry.settled"

TABLE = pa.schema(
    [
        pa.field("wiki", pa.string(), nullable=False),
        pa.field("rev_id", pa.int64(), nullable=False),
        pa.field("page_title", pa.string(), nullable=False),
        pa.field("edit_time", lake.TIME_MS, nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("reverting_rev_id", pa.int64()),
        pa.field("reverting_user_type", pa.string()),
        pa.field("reverted_at", lake.TIME_MS, nullable=False),
        pa.field("delay_seconds", pa.int64(), nullable=False),
        pa.field("update", pa.uint32(), nullable=False),
    ]
)
_ORDER = ["time_ms", "is_fact", "rev_order", "is_tags", "kind_order", "file", "row"]


def run(spark, settings):
    """Labels the days that were asked for, or all that are not settled. Gives what became of them."""
    place = store.of(settings.lake)
    listed = Listed.of(place)
    days = settings.days() if settings.first_day else listed.days
    wanted = [day for day in days if day in listed.folders and not listed.is_settled(place, day)]
    report = {"days": 0, "settled_days": len(days) - len(wanted), "labels": 0, "by_kind": {}}
    for first, last in stretches(wanted):
        one = _stretch(spark, settings, listed, [day for day in wanted if first <= day <= last])
        report["days"] += one["days"]
        report["labels"] += one["labels"]
        for kind, count in one["by_kind"].items():
            report["by_kind"][kind] = report["by_kind"].get(kind, 0) + count
    LOG.info("%s days labelled", report["days"], extra={"fields": report})
    return report


@dataclasses.dataclass
class Listed:
    """The days of a lake as they were listed: a hash of what their labels are made from."""

    folders: dict
    facts: dict

    @classmethod
    def of(cls, place):
        folders, of_facts = {}, {}
        for thing in place.objects("edits"):
            parts = dict(part.split("=", 1) for part in thing["path"].split("/")[1:-1] if "=" in part)
            if "date" in parts and thing["path"].endswith(".parquet"):
                day = datetime.date.fromisoformat(parts["date"])
                folders.setdefault(day, []).append((thing["path"], thing["size"]))
        for thing in place.objects("labels/facts"):
            day = thing["path"].split("/")[2].removeprefix("date=")
            of_facts.setdefault(datetime.date.fromisoformat(day), []).append((thing["path"], thing["size"]))
        return cls(folders, of_facts)

    @property
    def days(self):
        return sorted(self.folders)

    def made_from(self, day):
        hash_ = hashlib.sha256()
        for around in sorted(set(self.folders) | set(self.facts)):
            if abs(around - day) <= REACH:
                hash_.update(repr(sorted(self.folders.get(around, []) + self.facts.get(around, []))).encode())
        return hash_.hexdigest()

    def is_settled(self, place, day):
        """Whether the labels of a day are final, and made from what is there now."""
        content, _ = place.read(_key(day))
        if content is None:
            return False
        kept = pq.read_schema(pa.BufferReader(content)).metadata or {}
        return kept.get(SETTLED) == b"true" and kept.get(MADE_FROM) == self.made_from(day).encode()


def stretches(days):
    """Days that lie near each other share the work: first and last of each group."""
    groups = []
    for day in sorted(days):
        if groups and day - groups[-1][1] <= 2 * REACH:
            groups[-1][1] = day
        else:
            groups.append([day, day])
    return [tuple(group) for group in groups]


def _key(day):
    return f"labels/date={day}/labels.parquet"


def _start(day):
    return int(datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp() * 1000)


def _stretch(spark, settings, listed, days):
    first, last = days[0] - REACH, days[-1] + REACH
    from_ms = _start(days[0]) - MEMORY_MS
    # An hour that begins before is not read.
    from_ms += -from_ms % HOUR_MS
    rows = lake.in_its_hour(lake.edits(spark, settings.lake, first, last)).where(F.col("hour_ms") >= from_ms)
    clock = lake.stream_clock(rows) or 0
    per_wiki = dict(rows.groupBy("wiki").count().collect())
    shown = _rows(rows).unionByName(facts.read(spark, settings.lake, first, last, from_ms))
    end = shown.agg(F.max("time_ms")).first()[0] or 0
    tasks = session.parallelism(spark)
    bins = spark.createDataFrame(list(packed(per_wiki, tasks).items()), "wiki string, task int")
    shown = shown.join(F.broadcast(bins), "wiki", "left").withColumn("task", F.expr("coalesce(task, 0)"))
    shown = shown.repartitionById(tasks, "task").sortWithinPartitions(*_ORDER)
    labels = shown.mapInArrow(_label(end), lake.LABEL)
    # What came later replaces what came before.
    latest = labels.groupBy("wiki", "rev_id").agg(F.max_by(F.struct(*labels.columns), "update").alias("label"))
    latest = latest.select("label.*").withColumn("date", F.expr("date_format(edit_time, 'yyyy-MM-dd')"))
    latest = latest.where(F.col("date").isin([str(day) for day in days]))
    notes = {str(day): (listed.made_from(day), _start(day) + DAY_MS + MEMORY_MS <= clock) for day in days}
    written = latest.groupBy("date").applyInArrow(_write(settings.lake, notes), "date string, kind string, count long")
    counts = written.collect()
    # A day on which nothing was reverted has a table, too.
    place = store.of(settings.lake)
    for day in sorted(set(notes) - {row.date for row in counts}):
        place.put(_key(day), encoded(TABLE.empty_table(), *notes[day]))
    by_kind = {}
    for row in counts:
        by_kind[row.kind] = by_kind.get(row.kind, 0) + row["count"]
    return {"days": len(days), "labels": sum(by_kind.values()), "by_kind": by_kind}


def _rows(edits):
    """Edits with what they are ordered by."""
    return edits.select(
        *lake.EDIT,
        "user_type",
        F.lit(None).cast("binary").alias("fact"),
        F.expr("unix_millis(time)").alias("time_ms"),
        F.lit(0).alias("is_fact"),
        F.expr("coalesce(rev_id, 0)").alias("rev_order"),
        F.lit(0).alias("is_tags"),
        F.expr(lake.TYPE_ORDER).alias("kind_order"),
        "file",
        "row",
    )


def packed(sizes, tasks):
    """A task for each wiki, so that all have about as much to do: the largest first, each to the task that has
    least."""
    loads = [(0, task) for task in range(tasks)]
    given = {}
    for wiki, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        load, task = heapq.heappop(loads)
        given[wiki] = task
        heapq.heappush(loads, (load + size, task))
    return given


def _label(end_ms):
    def label(batches):
        import wikisentry

        labeler = wikisentry.Labeler()
        schema = _spark_table()
        for batch in batches:
            found = labeler.take_rows(lake.as_taken(batch, ("fact",)))
            if found:
                yield _table(found, schema)
        # As far as the events of all other wikis would have moved it.
        found = labeler.advance(end_ms)
        if found:
            yield _table(found, schema)

    return label


def _spark_table():
    kinds = {pa.uint32(): pa.int64(), lake.TIME_MS: pa.timestamp("us", tz="UTC")}
    return pa.schema([pa.field(field.name, kinds.get(field.type, field.type)) for field in TABLE])


def _table(labels, schema):
    """Labels as the wheel gives them, as Spark takes them."""
    for label in labels:
        for name in ("edit_time", "reverted_at"):
            label[name] = datetime.datetime.fromisoformat(label[name])
    return pa.RecordBatch.from_pylist(labels, schema=schema)


def _write(place, notes):
    def write(key, table):
        day = key[0].as_py()
        table = pa.table({field.name: table.column(field.name).cast(field.type, safe=False) for field in TABLE}, schema=TABLE)
        table = table.sort_by([("edit_time", "ascending"), ("wiki", "ascending"), ("rev_id", "ascending")])
        store.of(place).put(_key(day), encoded(table, *notes[day]))
        counts = table.group_by("kind").aggregate([("kind", "count")])
        return pa.table(
            {"date": [day] * len(counts), "kind": counts.column("kind"), "count": counts.column("kind_count")},
            schema=pa.schema([("date", pa.string()), ("kind", pa.string()), ("count", pa.int64())]),
        )

    return write


def encoded(table, made_from, is_final):
    """The file of a day. It is replaced as a whole, by one object."""
    notes = {MADE_FROM: made_from.encode(), SETTLED: b"true" if is_final else b"false"}
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(notes), sink, compression="zstd", data_page_version="1.0")
    return sink.getvalue()
