"""### The tables of a day

Runs `daily_analytics` of the image spark for the day before: edits by hour, wikis, pages and users of that day, and of the
day three days earlier, whose labels have become final, reverts, precision of alerts and quality of the model. The tables
are in the bucket under `analytics/TABLE/date=…`; each day of a table is one object, replaced as a whole, so that a day may
be made again at any time, and a range back-filled:

    airflow backfill create --dag-id daily_analytics --from-date 2026-03-01 --to-date 2026-03-07

A day of `params` takes the place of the one that follows from the time of the run.
"""

import datetime

import spark
from airflow.sdk import DAG, Param

DAY = "{{ params.day or (data_interval_start or dag_run.run_after - macros.timedelta(days=1)) | ds }}"
LAST = "{{ params.last_day or params.day or (data_interval_start or dag_run.run_after - macros.timedelta(days=1)) | ds }}"

with DAG(
    dag_id="daily_analytics",
    description="The tables of a day: edits, reverts, precision of alerts, quality of the model",
    doc_md=__doc__,
    schedule=spark.schedule("ANALYTICS_SCHEDULE", "0 2 * * *"),
    max_active_runs=1,
    dagrun_timeout=datetime.timedelta(hours=4),
    default_args=spark.COMMON,
    tags=["wikisentry", "analytics"],
    params={
        "day": Param(None, type=["null", "string"], format="date", title="Day", description="YYYY-MM-DD; empty: by the time of the run"),
        "last_day": Param(None, type=["null", "string"], format="date", title="Last day", description="of a range; empty: that day alone"),
        "top": Param(100, type="integer", minimum=1, maximum=10_000, title="Pages and users", description="how many are listed"),
    },
) as dag:
    spark.driver(
        "daily_analytics",
        ["daily_analytics", "--from", DAY, "--to", LAST, "--top", "{{ params.top }}"],
        execution_timeout=datetime.timedelta(hours=1),
        outlets=[spark.ANALYTICS],
        doc_md="One Spark application: labels of the day that has matured, then the tables.",
    )
