"""Makes one file of the many small ones of an hour, in their order: readers open one object instead of hundreds.

An object store has no exchange of folders. The new file is put first, and names in its metadata those that it
replaces; then they are removed. So no edit is ever missing; for the moment in between, or until the next run if this one
is killed there, an hour has edits twice. That run finds the file and ends the removal."""

import datetime
import hashlib
import io
import json
import logging

import pyarrow as pa
import pyarrow.parquet as pq

from . import session, store
from .settings import HOUR_MS

LOG = logging.getLogger("jobs.compact_lake")
# Of a closed hour nothing is written any more, but for late edits; files this old are whole and known to all.
CLOSED_AFTER_MS = 2 * HOUR_MS
OLD_ENOUGH = datetime.timedelta(minutes=15)
# As the lake's own writer: docs/contracts/lake.md.
MOST_ROWS = 2_097_152
ROW_GROUP_ROWS = 131_072
VERSION, MERGED = b"wikisentry.schema_version", b"wikisentry.merged_files"
PLAIN = {
    "meta_id", "rev_id", "rev_old_id", "page_title", "comment", "length_old", "length_new", "event_time",
    "ingest_time", "score", "source_offset", "score_time", "url",
}  # fmt: skip


def run(spark, settings):
    """Compacts all closed hours, or those of the days that were asked for."""
    days = {str(day) for day in settings.days()} if settings.first_day else None
    now = datetime.datetime.now(datetime.UTC)
    folders = _folders(store.of(settings.lake), days, now)
    wanted = [folder for folder, files in sorted(folders.items()) if len(files) > settings.compact_files]
    wanted += [folder for folder, files in sorted(folders.items()) if folder not in wanted and _begun(files)]
    report = {"hours": 0, "files_before": 0, "rows": 0}
    if wanted:
        place = settings.lake
        tasks = spark.sparkContext.parallelize(wanted, min(len(wanted), 4 * session.parallelism(spark)))
        for before, rows in tasks.map(lambda folder: compact(store.of(place), folder)).collect():
            report["hours"] += before > 0
            report["files_before"] += before
            report["rows"] += rows
    LOG.info("%s hours compacted", report["hours"], extra={"fields": report})
    return report


def _begun(files):
    """Whether a compaction was stopped before it had removed what it replaced."""
    return len(files) > 1 and any("merged-" in path for path in files)


def _folders(place, days, now):
    """The closed hours with the paths of their files."""
    folders, young = {}, set()
    for thing in place.objects("edits"):
        folder, _, name = thing["path"].rpartition("/")
        parts = dict(part.split("=", 1) for part in folder.split("/") if "=" in part)
        if not name.endswith(".parquet") or not {"date", "hour"} <= parts.keys():
            continue
        hour = datetime.datetime.fromisoformat(f"{parts['date']}T{parts['hour']}:00:00+00:00")
        is_closed = (now - hour).total_seconds() * 1000 >= HOUR_MS + CLOSED_AFTER_MS
        if not is_closed or now - thing["last_modified"] < OLD_ENOUGH:
            young.add(folder)
        elif days is None or parts["date"] in days:
            folders.setdefault(folder, []).append(thing["path"])
    return {folder: sorted(files) for folder, files in folders.items() if folder not in young}


def compact(place, folder):
    """Compacts an hour; gives the number of files that it had and its rows, or 0 if it was left alone."""
    contents = {thing["path"]: place.read(thing["path"])[0] for thing in place.objects(folder)}
    files = {path: pq.ParquetFile(pa.BufferReader(body)) for path, body in contents.items() if body and path.endswith(".parquet")}
    replaced = _replaced(files)
    place.delete(f"{folder}/{name}" for name in replaced if f"{folder}/{name}" in files)
    files = {path: file for path, file in sorted(files.items()) if path.rpartition("/")[2] not in replaced}
    rows = sum(file.metadata.num_rows for file in files.values())
    is_ours = all(_version(file) == b"2" for file in files.values())
    if len(files) < 2 or rows > MOST_ROWS or not is_ours:
        return (len(replaced), rows) if replaced else (0, 0)
    names = [path.rpartition("/")[2] for path in files]
    merged = _merged(list(files.values()), names)
    # The same files give the same name: a repeated run puts the same object.
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:20]
    place.put(f"{folder}/merged-{digest}-v2.parquet", merged)
    place.delete(files)
    return len(files), rows


def _version(file):
    return (file.metadata.metadata or {}).get(VERSION)


def _replaced(files):
    """Names of files that another one has the rows of."""
    names = set()
    for file in files.values():
        names.update(json.loads((file.metadata.metadata or {}).get(MERGED, b"[]")))
    return names & {path.rpartition("/")[2] for path in files}


def _merged(files, names):
    schema = files[0].schema_arrow.with_metadata({VERSION: b"2", MERGED: json.dumps(names).encode()})
    sink = io.BytesIO()
    options = {
        "compression": "zstd",
        "data_page_version": "1.0",
        "use_dictionary": [name for name in schema.names if name not in PLAIN],
    }
    with pq.ParquetWriter(sink, schema, **options) as writer:
        table = pa.concat_tables([file.read() for file in files]).cast(schema)
        writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
    return sink.getvalue()
