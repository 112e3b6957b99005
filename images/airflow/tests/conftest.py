"""Airflow without a database: only DAGs are read."""

import os
import pathlib
import tempfile

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp()
os.environ["AIRFLOW_CONFIG"] = str(pathlib.Path(__file__).resolve().parents[1] / "airflow.cfg")
os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] = os.environ["AIRFLOW_HOME"]
os.environ["AIRFLOW__LOGGING__REMOTE_LOGGING"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{os.environ['AIRFLOW_HOME']}/none.db"
