"""Writes a lake as the platform archives edits, by the wheel."""

import datetime
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import stream
import wikisentry

TIME = pa.timestamp("ms", tz="UTC")
COLUMNS = {
    "meta_id": pa.string(), "wiki": pa.string(), "rev_id": pa.int64(), "rev_old_id": pa.int64(),
    "page_title": pa.string(), "namespace": pa.int64(), "user": pa.string(), "is_bot": pa.bool_(),
    "is_minor": pa.bool_(), "comment": pa.string(), "length_old": pa.int64(), "length_new": pa.int64(),
    "event_time": TIME, "ingest_time": TIME, "score": pa.float64(), "class": pa.string(),
    "model_version": pa.string(), "edit_type": pa.string(), "page_id": pa.int64(), "user_id": pa.int64(),
    "is_patrolled": pa.bool_(), "user_edit_count": pa.int64(), "user_registered_at": TIME,
    "user_groups": pa.list_(pa.field("element", pa.string(), nullable=False)), "page_revision_count": pa.int64(),
    "source_topic": pa.string(), "source_partition": pa.int32(), "source_offset": pa.int64(),
    "score_time": TIME, "url": pa.string(),
}  # fmt: skip
SCHEMA = pa.schema(list(COLUMNS.items()))


def write_lake(folder, events, times, files=2):
    """Edits as the platform archives them, each hour in some files."""
    model = wikisentry.Model.bootstrap()
    records = [json.loads(record) for record in model.classify(events, [time + 400 for time in times], times[-1])]
    for record in records:
        for name in ("event_time", "ingest_time", "score_time"):
            record[name] = datetime.datetime.fromisoformat(record[name])
    hours = {}
    for record in records:
        at = record["event_time"]
        hours.setdefault(f"user_type={record['user_type']}/date={at:%Y-%m-%d}/hour={at:%H}", []).append(record)
    for hour, rows in hours.items():
        place = folder / "edits" / hour
        place.mkdir(parents=True)
        share = -(-len(rows) // files)
        for number, start in enumerate(range(0, len(rows), share)):
            table = pa.Table.from_pylist(rows[start : start + share], schema=SCHEMA)
            table = table.replace_schema_metadata({"wikisentry.schema_version": "2"})
            name = f"part-{number:020}-{number:020}-0abc-v2.parquet"
            pq.write_table(table, place / name, compression="zstd")
    return records


if __name__ == "__main__":
    edits = stream.edits()
    write_lake(pathlib.Path(sys.argv[1]), [stream.event(edit) for edit in edits], [edit.time_ms for edit in edits])
