"""A lake in a folder, made of recorded edits by the wheel, and a Spark of two cores."""

import dataclasses
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import stream
from archive import write_lake
from jobs import session as sessions
from jobs import settings as settings_

@dataclasses.dataclass
class Lake:
    folder: pathlib.Path
    stream: list
    records: list

    def settings(self, **given):
        given = {"run_id": "test", **given}
        places = {name: f"{self.folder}/{name}" for name in ("models", "datasets", "runs")}
        return settings_.Settings(lake=str(self.folder), **{**places, **given})


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake")
    edits = stream.edits()
    records = write_lake(folder, [stream.event(edit) for edit in edits], [edit.time_ms for edit in edits])
    return Lake(folder, edits, records)


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    # Workers of Python find the jobs and the wheel where this one did.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    folder = tmp_path_factory.mktemp("spark")
    made = sessions.session(
        "tests",
        **{
            "spark.master": "local[2]",
            "spark.driver.memory": "1g",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(folder),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
        },
    )
    made.sparkContext.setLogLevel("ERROR")
    yield made
    made.stop()
