#!/usr/bin/env python3
"""Checks that pyarrow and DuckDB read a lake, and that it is what docs/contracts/lake.md says.

    python3 -m venv .venv && .venv/bin/pip install --require-hashes -r scripts/requirements-check.txt
    .venv/bin/python scripts/check_lake.py "$WIKISENTRY_HOME/lake"

Prints one line for each check; the exit code is 1 if any failed.
"""

import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

TIME = pa.timestamp("ms", tz="UTC")
COLUMNS = {
    "meta_id": pa.string(), "wiki": pa.string(), "rev_id": pa.int64(), "rev_old_id": pa.int64(),
    "page_title": pa.string(), "namespace": pa.int64(), "user": pa.string(),
    "user_type": pa.dictionary(pa.int32(), pa.string()), "is_bot": pa.bool_(),
    "is_minor": pa.bool_(), "comment": pa.string(), "length_old": pa.int64(),
    "length_new": pa.int64(), "event_time": TIME, "ingest_time": TIME, "score": pa.float64(),
    "class": pa.string(), "model_version": pa.string(), "edit_type": pa.string(),
    "page_id": pa.int64(), "user_id": pa.int64(), "is_patrolled": pa.bool_(),
    "user_edit_count": pa.int64(), "user_registered_at": TIME,
    "user_groups": pa.list_(pa.field("element", pa.string(), nullable=False)),
    "page_revision_count": pa.int64(), "source_topic": pa.string(),
    "source_partition": pa.int32(), "source_offset": pa.int64(), "score_time": TIME,
}
failures = 0


def check(what, passed, detail=""):
    global failures
    failures += not passed
    print("ok  " if passed else "FAIL", what, detail)


def check_files(files):
    wrong = []
    rows = 0
    for path in files:
        file = pq.ParquetFile(path)
        rows += file.metadata.num_rows
        schema = file.schema_arrow
        version = file.metadata.metadata.get(b"wikisentry.schema_version")
        codecs = {
            file.metadata.row_group(group).column(column).compression
            for group in range(file.num_row_groups)
            for column in range(file.metadata.num_columns)
        }
        if dict(zip(schema.names, schema.types)) != COLUMNS or version != b"1" or codecs != {"ZSTD"}:
            wrong.append(str(path))
    check("every file has the documented columns, version and codec", not wrong, wrong[:3])
    check("the lake holds edits", rows > 0, f"{rows} in {len(files)} files")
    return rows


def check_pyarrow(edits, rows):
    table = pq.read_table(edits)
    check("pyarrow.parquet.read_table reads the whole lake", table.num_rows == rows, table.num_rows)
    check("it adds the folders' date and hour", {"date", "hour"} <= set(table.column_names))
    table.validate(full=True)
    bots = ds.dataset(edits).count_rows(filter=ds.field("user_type") == "bot")
    check("pyarrow.dataset filters", bots == table["is_bot"].to_pylist().count(True), f"{bots} bots")


def check_duckdb(edits, rows):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    lake = f"read_parquet('{edits}/**/*.parquet', hive_partitioning = true, filename = true)"
    plain = f"read_parquet('{edits}/**/*.parquet', hive_partitioning = false)"

    def value(query):
        return db.execute(query).fetchone()[0]

    check("DuckDB reads the whole lake", value(f"SELECT count(*) FROM {lake}") == rows)
    check("every edit is there once", value(f"SELECT count(DISTINCT meta_id) FROM {plain}") == rows)
    for what, condition in {
        "edits lie in the hour they happened in": "strftime(event_time, '%Y-%m-%d %H') <> "
        "concat(CAST(date AS VARCHAR), ' ', lpad(CAST(hour AS VARCHAR), 2, '0'))",
        "edits lie with their user type": "filename NOT LIKE concat('%user_type=', user_type, '/%')",
        "scores are probabilities": "score NOT BETWEEN 0 AND 1",
        "a score comes with its class and model": "(score IS NULL) <> (model_version IS NULL) "
        "OR (score IS NULL) <> (class IS NULL)",
        "edits are scored after they came": "score_time < ingest_time",
    }.items():
        wrong = value(f"SELECT count(*) FROM {lake} WHERE {condition}")
        check(what, wrong == 0, f"{wrong} are not" if wrong else "")
    wrong = value(f"SELECT count(*) FROM {plain} WHERE is_bot <> (user_type = 'bot')")
    check("the user type is in the files too", wrong == 0)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    edits = pathlib.Path(sys.argv[1]) / "edits"
    rows = check_files(sorted(edits.glob("**/*.parquet")))
    if rows:
        check_pyarrow(str(edits), rows)
        check_duckdb(str(edits), rows)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
