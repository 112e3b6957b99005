"""The DAGs of the image: they are read without an error, hold no cycle, and start what Spark's image takes."""

import importlib.util
import pathlib
import re
import sys

import jsonschema
import pytest
from airflow.dag_processing.dagbag import DagBag

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "dags"
SPARK = FOLDER.parents[1] / "spark"


@pytest.fixture(scope="module")
def dags():
    sys.path.insert(0, str(FOLDER))
    bag = DagBag(dag_folder=str(FOLDER))
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture(scope="module")
def settings():
    """The settings of Spark's jobs, without Spark."""
    sys.path.insert(0, str(SPARK))
    for name in ("errors", "settings"):
        spec = importlib.util.spec_from_file_location(f"jobs.{name}", SPARK / f"jobs/{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault("jobs", type(sys)("jobs"))
        sys.modules[f"jobs.{name}"] = module
        spec.loader.exec_module(module)
    return sys.modules["jobs.settings"]


def test_there_are_the_three(dags):
    assert sorted(dags) == ["compact_lake", "daily_analytics", "retrain_model"]


def test_each_has_docs_a_deadline_retries_and_no_cycle(dags):
    from airflow.utils.dag_cycle_tester import check_cycle

    for dag in dags.values():
        check_cycle(dag)
        assert len(dag.doc_md) > 100 and dag.description and dag.tags
        assert dag.max_active_runs == 1 and not dag.catchup and dag.dagrun_timeout
        for task in dag.tasks:
            assert task.retries == 3 and task.execution_timeout < dag.dagrun_timeout
            assert task.pool == "lake" and task.doc_md


def test_parameters_take_their_defaults_and_refuse_what_is_none(dags):
    wrong = {
        "compact_lake": {"files": 0, "day": "yesterday"},
        "daily_analytics": {"day": 20260301, "last_day": "1 March", "top": 0},
        "retrain_model": {
            "model": "../x", "window": "45", "test": "2 days", "calibrate": "", "maturity": "-1h", "trees": 0,
            "min_new_labels": -1, "test_rows": "all", "seed": 1.5,
        },
    }  # fmt: skip
    for dag_id, values in wrong.items():
        params = dags[dag_id].params
        params.validate()
        assert set(values) == set(params), dag_id
        for name, value in values.items():
            param = params.get_param(name)
            assert param.description and param.schema.get("title")
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(value, param.schema, format_checker=jsonschema.FormatChecker())


def rendered(dag, **context):
    """The arguments of the one task of a DAG, as a run gives them."""
    import datetime

    import jinja2
    from airflow.sdk.execution_time.macros import timedelta

    [task] = dag.tasks
    run = type("Run", (), {"run_id": "manual__2026-03-07T02:00:00+00:00", "clear_number": 0})()
    run.run_after = datetime.datetime(2026, 3, 7, 2, tzinfo=datetime.UTC)
    for name, value in context.pop("run", {}).items():
        setattr(run, name, value)
    params = {**{name: dag.params[name] for name in dag.params}, **context.pop("params", {})}
    environment = dag.get_template_env()
    macros = type("Macros", (), {"timedelta": timedelta})
    values = {"params": params, "dag": dag, "dag_run": run, "macros": macros, "data_interval_start": None, **context}
    return [environment.from_string(text).render(**values) for text in task.arguments]


def test_the_arguments_are_those_that_the_image_of_spark_takes(dags, settings):
    jobs = re.findall(r'^    "(\w+)": \w+\.run,$', (SPARK / "jobs/__main__.py").read_text(), re.MULTILINE)
    assert len(jobs) == 6
    for dag in dags.values():
        role, *arguments = rendered(dag)
        assert role == "driver"
        wanted, read = settings.read(jobs, arguments, {"LAKE": "s3://wikisentry"})
        assert wanted[0] in jobs and read.run_id.startswith(dag.dag_id)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", read.run_id)
    _, read = settings.read(jobs, rendered(dags["retrain_model"], params={"window": "10d"})[1:], {"LAKE": "x"})
    usual = settings.Settings("x", "", "", "", "y")
    assert (read.window_ms, read.test_ms, read.calibrate_ms, read.maturity_ms, read.trees, read.seed) == (
        10 * settings.DAY_MS, usual.test_ms, usual.calibrate_ms, usual.maturity_ms, usual.trees, usual.seed,
    )  # fmt: skip


def test_a_run_is_of_the_day_before_it(dags, settings):
    import datetime

    dag = dags["daily_analytics"]

    def days(**context):
        _, read = settings.read(["daily_analytics"], rendered(dag, **context)[1:], {"LAKE": "x"})
        return str(read.first_day), str(read.last_day)

    start = datetime.datetime(2026, 3, 5, 2, tzinfo=datetime.UTC)
    assert days(data_interval_start=start) == ("2026-03-05", "2026-03-05")
    # Started by hand, without a time of its own.
    assert days() == ("2026-03-06", "2026-03-06")
    assert days(params={"day": "2026-02-01"}, data_interval_start=start) == ("2026-02-01", "2026-02-01")
    assert days(params={"day": "2026-02-01", "last_day": "2026-02-03"}) == ("2026-02-01", "2026-02-03")


def test_a_run_that_was_cleared_is_done_again_and_an_attempt_goes_on(dags):
    def run_id(**run):
        return rendered(dags["retrain_model"], run=run)[-1]

    assert run_id() == run_id() == "retrain_model-manual__2026-03-07T02-00-00-00-00"
    assert run_id(clear_number=1) == f"{run_id()}-1"


def test_the_pods_run_at_the_level_restricted_and_hold_no_password(dags):
    for dag in dags.values():
        [task] = dag.tasks
        assert task.security_context.run_as_non_root and task.security_context.seccomp_profile.type == "RuntimeDefault"
        container = task.container_security_context
        assert container.read_only_root_filesystem and container.capabilities.drop == ["ALL"]
        assert not container.allow_privilege_escalation
        assert task.container_resources.limits["memory"]
        for variable in task.env_vars:
            is_key = variable.name.startswith("AWS_")
            assert is_key == bool(variable.value_from and variable.value_from.secret_key_ref)
        assert task.durable and not task.deferrable
