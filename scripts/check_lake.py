#!/usr/bin/env python3
"""Checks that pyarrow, pandas, polars, dask and DuckDB open a lake with their ordinary calls, and that
it is what docs/contracts/lake.md says; runs what stands there and in README.md.

    python3 -m venv .venv && .venv/bin/pip install --require-hashes -r scripts/requirements-check.txt
    .venv/bin/python scripts/check_lake.py "$WIKISENTRY_HOME/lake/edits"

Prints one line for each check; the exit code is 1 if any failed.
"""

import ast
import os
import pathlib
import re
import shutil
import sys
import tempfile

import dask.dataframe
import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIME = pa.timestamp("ms", tz="UTC")
COLUMNS = {
    "meta_id": pa.string(), "wiki": pa.string(), "rev_id": pa.int64(), "rev_old_id": pa.int64(),
    "page_title": pa.string(), "namespace": pa.int64(), "user": pa.string(),
    "is_bot": pa.bool_(), "is_minor": pa.bool_(), "comment": pa.string(), "length_old": pa.int64(),
    "length_new": pa.int64(), "event_time": TIME, "ingest_time": TIME, "score": pa.float64(),
    "class": pa.string(), "model_version": pa.string(), "edit_type": pa.string(),
    "page_id": pa.int64(), "user_id": pa.int64(), "is_patrolled": pa.bool_(),
    "user_edit_count": pa.int64(), "user_registered_at": TIME,
    "user_groups": pa.list_(pa.field("element", pa.string(), nullable=False)),
    "page_revision_count": pa.int64(), "source_topic": pa.string(),
    "source_partition": pa.int32(), "source_offset": pa.int64(), "score_time": TIME,
    "url": pa.string(),
}
KINDS = {"anonymous", "bot", "registered"}
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
        if dict(zip(schema.names, schema.types)) != COLUMNS or version != b"2" or codecs != {"ZSTD"}:
            wrong.append(str(path))
    check("every file has the documented columns, version and codec", not wrong, wrong[:3])
    check("the lake holds edits", rows > 0, f"{rows} in {len(files)} files")
    return rows


def bots_of(table):
    """Edits by bots, as the wikis flag them, which is how the folders were chosen."""
    return sum(table.column("is_bot").to_pylist())


def check_ordinary_calls(edits, rows):
    table = pq.read_table(edits)
    check("pyarrow.parquet.read_table reads the whole lake", table.num_rows == rows, table.num_rows)
    check("it adds the folders' names", {"user_type", "date", "hour"} <= set(table.column_names))
    table.validate(full=True)
    bots = bots_of(table)
    data = ds.dataset(edits, partitioning="hive")
    found = data.to_table(filter=ds.field("user_type") == "bot")
    check("pyarrow.dataset with hive partitions", data.count_rows() == rows, data.count_rows())
    check("it filters by user type", found.num_rows == bots > 0 and bots_of(found) == bots, f"{bots} bots")
    frame = pandas.read_parquet(edits)
    found = pandas.read_parquet(edits, filters=[("user_type", "==", "bot")])
    check("pandas reads and filters", (len(frame), len(found)) == (rows, bots))
    check("it has each user type", set(frame["user_type"].astype(str)) <= KINDS)
    for what, lazy in {
        "polars scans the files": polars.scan_parquet(f"{edits}/**/*.parquet", hive_partitioning=True),
        "polars scans the folder": polars.scan_parquet(edits),
    }.items():
        counts = dict(lazy.group_by("user_type").len().collect().iter_rows())
        check(what, sum(counts.values()) == rows and counts["bot"] == bots, counts)
    frame = dask.dataframe.read_parquet(edits)
    counts = frame.groupby("user_type", observed=True).size().compute().to_dict()
    check("dask reads it", sum(counts.values()) == rows and counts["bot"] == bots, counts)
    query = f"SELECT user_type, count(*) FROM '{edits}/**/*.parquet' GROUP BY 1"
    counts = dict(duckdb.sql(query).fetchall())
    check("DuckDB reads the bare path", sum(counts.values()) == rows and counts["bot"] == bots, counts)


def last_value(cell, names):
    """Runs a cell as a notebook does: what its last expression comes to."""
    tree = ast.parse(cell)
    *before, last = tree.body
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def check_documented(edits, rows):
    """What README.md and docs/contracts/lake.md show, typed where the lake is."""
    fences = []
    for page in ("README.md", "docs/contracts/lake.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        fences += re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    queries = [text for kind, text in fences if kind == "sql"]
    cells = [text for kind, text in fences if kind == "python"]
    check("the pages show a query and cells", len(queries) == 1 and len(cells) == 2)
    before = os.getcwd()
    os.chdir(pathlib.Path(edits).parent.parent)
    try:
        found = duckdb.sql(queries[0])
        wikis = found.fetchall()
        by_people = [row for row in wikis if row[3] is not None]
        is_link = all(row[3].startswith("https://") for row in by_people)
        check("the query of the README", 0 < len(wikis) <= 10 and is_link and by_people, wikis[:1])
        worst = last_value(cells[0], {})
        ordered = list(worst["score"]) == sorted(worst["score"], reverse=True)
        check("the notebook cell of the README", 0 < len(worst) <= 10 and ordered, len(worst))
        for line in cells[1].splitlines():
            names = {"pyarrow": pa, "polars": polars, "dask": dask}
            opened = last_value(line, names)
            count = {
                "Dataset": lambda it: it.count_rows(),
                "LazyFrame": lambda it: it.select(polars.len()).collect().item(),
            }.get(type(opened).__name__.removeprefix("FileSystem"), len)
            check(line, count(opened) == rows)
    finally:
        os.chdir(before)


def made_old(path):
    """Rewrites a file as version 1 was: with the user type in it, without the address."""
    table = pq.read_table(path, partitioning=None)
    kind = next(part for part in path.parts if part.startswith("user_type=")).split("=")[1]
    kinds = pa.array([kind] * table.num_rows).dictionary_encode()
    table = table.drop_columns(["url"]).add_column(7, "user_type", kinds)
    table = table.replace_schema_metadata({"wikisentry.schema_version": "1"})
    pq.write_table(table, path.with_name(path.name.replace("-v2", "")), compression="zstd")
    path.unlink()


def check_mixed(edits, rows):
    """Some files are of version 1: the first, the last, and every third."""
    for first in (0, 1):
        with tempfile.TemporaryDirectory() as folder:
            mixed = pathlib.Path(folder) / "edits"
            shutil.copytree(edits, mixed)
            files = sorted(mixed.glob("**/*.parquet"))
            for path in files[first::3]:
                made_old(path)
            what = f"of both versions, version {1 + first} first:"
            hive = ds.HivePartitioning.discover(infer_dictionary=True)
            data = ds.dataset(str(mixed), partitioning=hive)
            bots = bots_of(data.to_table())
            found = data.count_rows(filter=ds.field("user_type") == "bot")
            check(f"{what} pyarrow.dataset", (data.count_rows(), found) == (rows, bots))
            check(f"{what} pyarrow.parquet", pq.read_table(str(mixed)).num_rows == rows)
            found = pandas.read_parquet(str(mixed), filters=[("user_type", "==", "bot")])
            check(f"{what} pandas", len(found) == bots)
            lake = f"read_parquet('{mixed}/**/*.parquet', union_by_name = true)"
            counts = dict(duckdb.sql(f"SELECT user_type, count(*) FROM {lake} GROUP BY 1").fetchall())
            check(f"{what} DuckDB", sum(counts.values()) == rows and counts["bot"] == bots, counts)


def check_duckdb(edits, rows):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    lake = f"read_parquet('{edits}/**/*.parquet', filename = true)"

    def value(query):
        return db.execute(query).fetchone()[0]

    check("DuckDB reads the whole lake", value(f"SELECT count(*) FROM {lake}") == rows)
    check("every edit is there once", value(f"SELECT count(DISTINCT meta_id) FROM {lake}") == rows)
    for what, condition in {
        "edits lie in the hour they happened in": "strftime(event_time, '%Y-%m-%d %H') <> "
        "concat(CAST(date AS VARCHAR), ' ', lpad(CAST(hour AS VARCHAR), 2, '0'))",
        "bots lie with the bots": "is_bot <> (user_type = 'bot')",
        "an edit with a revision has its address": "url IS NULL OR url NOT LIKE concat('%diff=', rev_id)",
        "scores are probabilities": "score NOT BETWEEN 0 AND 1",
        "a score comes with its class and model": "(score IS NULL) <> (model_version IS NULL) "
        "OR (score IS NULL) <> (class IS NULL)",
        "edits are scored after they came": "score_time < ingest_time",
    }.items():
        wrong = value(f"SELECT count(*) FROM {lake} WHERE {condition}")
        check(what, wrong == 0, f"{wrong} are not" if wrong else "")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    edits = pathlib.Path(sys.argv[1])
    rows = check_files(sorted(edits.glob("**/*.parquet")))
    if rows:
        check_ordinary_calls(str(edits), rows)
        check_documented(edits, rows)
        check_duckdb(str(edits), rows)
        check_mixed(edits, rows)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
