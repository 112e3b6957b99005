"""The tables of a day are what DuckDB computes from the same files, and compaction changes no edit."""

import dataclasses
import datetime

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import wikisentry
from jobs import compact_lake, daily_analytics, store, tables

DAY = datetime.date(2026, 3, 6)
MATURED = datetime.date(2026, 3, 3)


@pytest.fixture(scope="module")
def made(spark, lake):
    settings = dataclasses.replace(lake.settings(run_id="daily", top=5), first_day=DAY, last_day=DAY)
    daily_analytics.run(spark, settings)
    return settings


@pytest.fixture(scope="module")
def sql(lake, made):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    edits = f"read_parquet('{lake.folder}/edits/*/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
    db.execute(f"CREATE VIEW edits AS SELECT * FROM {edits} WHERE date = '{DAY}'")
    labels = f"read_parquet('{lake.folder}/labels/date={MATURED}/labels.parquet', hive_partitioning = false)"
    db.execute(
        f"""CREATE VIEW known AS SELECT edits.*, kind, delay_seconds FROM {edits} AS edits
        LEFT JOIN {labels} AS labels USING (wiki, rev_id) WHERE date = '{MATURED}' AND user_type <> 'bot'"""
    )
    return db


def table(lake, name, day):
    return pq.ParquetFile(lake.folder / tables.key(name, day)).read()



def same(mine, db, query):
    """The rows of a table and those of a query, in any order, to nine digits."""

    def plain(row):
        return tuple(round(value, 9) if isinstance(value, float) else value for value in row)

    expected = sorted(map(plain, db.execute(query).fetchall()), key=repr)
    found = sorted((plain(row.values()) for row in mine.to_pylist()), key=repr)
    assert found and found == expected


PEOPLE = "user_type <> 'bot'"


def test_edits_by_hour(lake, sql):
    same(
        table(lake, "edits_by_hour", DAY),
        sql,
        """SELECT cast(hour AS int), wiki, user_type, count(*), count(*) FILTER (edit_type = 'new'),
        count(DISTINCT page_title), count(DISTINCT "user"),
        coalesce(sum(length_new - length_old) FILTER (length_new > length_old), 0)::bigint,
        coalesce(sum(length_old - length_new) FILTER (length_new < length_old), 0)::bigint, avg(score)
        FROM edits GROUP BY ALL""",
    )


def test_wikis(lake, sql):
    same(
        table(lake, "wikis", DAY),
        sql,
        f"""SELECT wiki, count(*), avg((user_type = 'anonymous')::int), avg((user_type = 'bot')::int),
        count(DISTINCT "user") FILTER ({PEOPLE}), count(DISTINCT page_title), count(*) FILTER (edit_type = 'new'),
        count(*) FILTER (class = 'high') FROM edits GROUP BY wiki""",
    )


def test_top_pages_and_users(lake, sql):
    same(
        table(lake, "top_pages", DAY),
        sql,
        f"""SELECT wiki, page_title, namespace, count(*), count(DISTINCT "user"), max(score),
        row_number() OVER (ORDER BY count(*) DESC, wiki, page_title, namespace)::int AS rank
        FROM edits WHERE {PEOPLE} GROUP BY wiki, page_title, namespace QUALIFY rank <= 5""",
    )
    same(
        table(lake, "top_users", DAY),
        sql,
        f"""SELECT wiki, "user", user_type, count(*), count(DISTINCT page_title), avg(score),
        row_number() OVER (ORDER BY count(*) DESC, wiki, "user", user_type)::int AS rank
        FROM edits WHERE {PEOPLE} GROUP BY wiki, "user", user_type QUALIFY rank <= 5""",
    )


def test_reverts_of_the_day_whose_labels_are_final(lake, sql):
    damage = "kind = 'damage'"
    same(
        table(lake, "reverts", MATURED),
        sql,
        f"""SELECT wiki, user_type, count(*), count(*) FILTER ({damage}), count(*) FILTER (kind = 'self_revert'),
        count(*) FILTER (kind = 'bot_revert'), count(*) FILTER (kind = 'revert_of_revert'),
        count(*) FILTER (kind = 'restored'), count(*) FILTER ({damage}) / count(*),
        quantile_cont(delay_seconds, 0.5) FILTER ({damage}), quantile_cont(delay_seconds, 0.9) FILTER ({damage}),
        quantile_cont(delay_seconds, 0.99) FILTER ({damage}) FROM known GROUP BY wiki, user_type""",
    )


def test_precision_and_recall_of_the_classes(lake, sql):
    same(
        table(lake, "alert_precision", MATURED),
        sql,
        """WITH judged AS (SELECT *, coalesce(kind = 'damage', false) AS bad FROM known
          WHERE (kind IS NULL OR kind IN ('damage', 'restored')) AND score IS NOT NULL)
        SELECT model_version, class, user_type, count(*), count(*) FILTER (bad), count(*) FILTER (bad) / count(*),
        count(*) FILTER (bad) / nullif(sum(count(*) FILTER (bad)) OVER (PARTITION BY model_version, user_type), 0),
        min(score) FROM judged GROUP BY model_version, class, user_type""",
    )


def test_quality_of_the_model(lake, sql):
    found = {row["user_type"]: row for row in table(lake, "model_quality", MATURED).to_pylist()}
    assert set(found) == {"all", "registered", "anonymous"}
    judged = sql.execute(
        """SELECT coalesce(kind = 'damage', false), score FROM known
        WHERE (kind IS NULL OR kind IN ('damage', 'restored')) AND score IS NOT NULL"""
    ).fetchall()
    good = [score for bad, score in judged if not bad]
    bad = [score for is_bad, score in judged if is_bad]
    # The chance that an edit that is damage has the higher score.
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good) / (len(good) * len(bad))
    assert (found["all"]["rows"], found["all"]["damage"]) == (len(judged), len(bad))
    # The core's figures have six digits.
    assert found["all"]["roc_auc"] == pytest.approx(wins, abs=1e-6)
    assert found["all"]["brier"] == pytest.approx(sum((s - b) ** 2 for b, s in judged) / len(judged), abs=1e-6)
    expected = wikisentry.judge([b for b, _ in judged], [s for _, s in judged], resamples=2)["pr_auc"]
    assert found["all"]["pr_auc"] == pytest.approx(daily_analytics._value(expected), abs=1e-9)


def test_a_second_run_changes_nothing(spark, lake, made):
    files = {path: path.read_bytes() for path in lake.folder.glob("analytics/*/*/*.parquet")}
    assert len(files) == 7
    daily_analytics.run(spark, made)
    assert {path: path.read_bytes() for path in lake.folder.glob("analytics/*/*/*.parquet")} == files


def contents(folder):
    found = ds.dataset(folder / "edits", partitioning="hive").to_table()
    return found.sort_by([("event_time", "ascending"), ("rev_id", "ascending"), ("meta_id", "ascending")])


@pytest.fixture
def small(tmp_path, lake):
    """A lake in hours of many files, old enough to be closed."""
    import os
    import time

    import conftest
    import stream

    edits = stream.edits(count=1500)
    conftest.write_lake(tmp_path, [stream.event(edit) for edit in edits], [edit.time_ms for edit in edits], files=6)
    for path in tmp_path.glob("edits/*/*/*/*.parquet"):
        os.utime(path, (time.time() - 3600,) * 2)
    return conftest.Lake(tmp_path, edits, [])


def test_compaction_keeps_every_edit_once_and_the_schema(spark, small):
    before = contents(small.folder)
    files = list(small.folder.glob("edits/*/*/*/*.parquet"))
    schema = pq.read_schema(files[0])
    in_order = {path.parent: [] for path in files}
    for path in sorted(files):
        in_order[path.parent] += pq.ParquetFile(path).read(columns=["meta_id"])["meta_id"].to_pylist()
    report = compact_lake.run(spark, small.settings(compact_files=4))
    assert report["hours"] > 0 and report["files_before"] > 4 * report["hours"]
    assert contents(small.folder).equals(before)
    merged = list(small.folder.glob("edits/*/*/*/merged-*-v2.parquet"))
    assert len(merged) == report["hours"]
    for path in merged:
        file = pq.ParquetFile(path)
        assert file.schema_arrow.equals(schema)
        assert file.metadata.metadata[b"wikisentry.schema_version"] == b"2"
        assert file.read(columns=["meta_id"])["meta_id"].to_pylist() == in_order[path.parent]
        assert [other.name for other in path.parent.iterdir()] == [path.name]
    assert compact_lake.run(spark, small.settings(compact_files=4))["hours"] == 0


def test_a_compaction_that_was_killed_is_ended_by_the_next(spark, small):
    before = contents(small.folder)
    folder = max({path.parent for path in small.folder.glob("edits/*/*/*/*.parquet")}, key=lambda it: len(list(it.iterdir())))
    old = {path: path.read_bytes() for path in folder.iterdir()}
    place = store.of(str(small.folder))
    compact_lake.compact(place, str(folder.relative_to(small.folder)))
    # As it was between the new file and the removal of the old ones.
    import os
    import time

    for path, content in list(old.items())[1:]:
        path.write_bytes(content)
    for path in folder.iterdir():
        os.utime(path, (time.time() - 3600,) * 2)
    assert len(contents(small.folder)) > len(before)
    compact_lake.run(spark, small.settings(compact_files=100))
    assert contents(small.folder).equals(before)


def test_young_hours_and_large_ones_are_left_alone(spark, small, monkeypatch):
    folder = next(small.folder.glob("edits/*/*/*"))
    place = store.of(str(small.folder))
    monkeypatch.setattr(compact_lake, "MOST_ROWS", 1)
    assert compact_lake.compact(place, str(folder.relative_to(small.folder))) == (0, 0)
    hour = datetime.datetime.fromisoformat(
        "T".join(part.split("=")[1] for part in folder.parts[-2:]) + ":00:00+00:00"
    )
    soon = compact_lake._folders(place, None, hour + datetime.timedelta(minutes=100))
    assert str(folder.relative_to(small.folder)) not in soon
