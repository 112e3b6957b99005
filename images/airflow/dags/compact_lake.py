"""### One file of many

Files that are written every minute make queries slow. Of each closed hour with more than `files` files one is made, in the
same order. An edit is never missing; for the moment between the new file and the removal of the old ones it is there twice,
which is why nothing else of these DAGs reads the lake meanwhile (pool `lake`).
"""

import datetime

import spark
from airflow.sdk import DAG, Param

with DAG(
    dag_id="compact_lake",
    description="Makes one file of the many small ones of an hour",
    doc_md=__doc__,
    schedule=spark.schedule("COMPACT_SCHEDULE", "30 */6 * * *"),
    max_active_runs=1,
    dagrun_timeout=datetime.timedelta(hours=2),
    default_args=spark.COMMON,
    tags=["wikisentry", "lake"],
    params={
        "files": Param(4, type="integer", minimum=1, maximum=10_000, title="Files", description="of an hour that are left alone"),
        "day": Param(None, type=["null", "string"], format="date", title="Day", description="YYYY-MM-DD; empty: all closed hours"),
    },
) as dag:
    # A template cannot leave an argument out: from the first day there can be to the last.
    first, last = "{{ params.day or '2001-01-01' }}", "{{ params.day or '2199-12-31' }}"
    spark.driver(
        "compact",
        ["compact_lake", "--compact-files", "{{ params.files }}", "--from", first, "--to", last],
        execution_timeout=datetime.timedelta(hours=1),
        doc_md="Reads the list of the lake's files, and rewrites the hours that have too many.",
    )
