"""### A new model, if it is better

One Spark application, four jobs: which edits were reverted (`label_join`), rows of features of all edits whose labels have
matured (`dataset`), XGBoost on all of them (`train`), and the core's rule on the newest edits, which neither model has seen
(`evaluate_and_promote`). A better candidate is published and becomes the champion by one conditional write; Flink and
serving take it up within seconds. One that is not better is published with the reason.

The task is **skipped** where there is too little to learn from. An attempt that was killed goes on after the last job that
ended. The outcome is in `runs/RUN_ID/evaluate_and_promote.json` in the bucket.
"""

import datetime

import spark
from airflow.sdk import DAG, Param

JOBS = ["label_join", "dataset", "train", "evaluate_and_promote"]


def span(usual, title, description):
    return Param(usual, type="string", pattern=r"^[0-9]{1,4}[dh]$", title=title, description=description)


def count(usual, title, description, least=0):
    return Param(usual, type="integer", minimum=least, maximum=10**9, title=title, description=description)


with DAG(
    dag_id="retrain_model",
    description="Labels, data set, training on Spark; promoted only if better",
    doc_md=__doc__,
    schedule=spark.schedule("RETRAIN_SCHEDULE", "0 4 * * *"),
    max_active_runs=1,
    dagrun_timeout=datetime.timedelta(hours=12),
    default_args=spark.COMMON,
    tags=["wikisentry", "learning"],
    params={
        "model": Param("edit-risk", type="string", pattern=r"^[a-z0-9-]{1,64}$", title="Model", description="name in the registry"),
        "window": span("45d", "Window", "how far training looks back from the newest edits whose labels count"),
        "test": span("2d", "Test", "the newest part of the window, which judges candidate and champion"),
        "calibrate": span("1d", "Calibrate", "the part before it, which makes margins scores"),
        "maturity": span("48h", "Maturity", "before the label of an edit counts"),
        "trees": count(600, "Trees", "at most", least=1),
        "min_new_labels": count(200, "New labels", "damage the champion has not seen, without which nothing is trained"),
        "test_rows": count(1_000_000, "Rows to judge by", "at most; 0: all"),
        "seed": count(1, "Seed", "of all chance"),
    },
) as dag:
    options = ["model", "window", "test", "calibrate", "maturity", "trees", "min_new_labels", "test_rows", "seed"]
    arguments = [text for name in options for text in (f"--{name.replace('_', '-')}", f"{{{{ params.{name} }}}}")]
    spark.driver(
        "retrain",
        [*JOBS, *arguments],
        execution_timeout=datetime.timedelta(hours=6),
        outlets=[spark.LABELS, spark.MODEL],
        doc_md="`label_join`, `dataset`, `train`, `evaluate_and_promote` in one Spark application.",
    )
