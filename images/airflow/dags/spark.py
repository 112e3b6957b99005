"""What every DAG does: it starts the driver of Spark in a pod and follows it to its end.

By Airflow's own operator, synchronous: the task that is started again after its scheduler was killed finds the pod by its
labels and goes on following it. What is not needed is a controller of Spark's jobs in the cluster, or a task that defers
itself, whose triggerer would be one more process of 160 MB.

    SPARK_IMAGE              image of driver and executors            wikisentry/spark:local
    SPARK_IMAGE_PULL_POLICY  Never, IfNotPresent or Always            Never
    SPARK_NAMESPACE          where the pods are                       wikisentry
    SPARK_SERVICE_ACCOUNT    of the driver's pod                      spark
    SPARK_SECRET             Secret with the keys of the object store wikisentry-spark
    SPARK_LAKE               where the lake is                        s3://wikisentry
    SPARK_POD_MEMORY         limit of the driver's pod                1600Mi
    SPARK_POD_CPU            what is asked for it                     500m
    SPARK_SETTINGS           JSON: more variables of the image, such as SPARK_CORES, SPARK_EXECUTORS, SPARK_DRIVER_MEMORY
    RETRAIN_SCHEDULE, ANALYTICS_SCHEDULE, COMPACT_SCHEDULE   crons, or "none"
"""

import datetime
import json
import os

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import Asset
from kubernetes.client import models as k8s

ANALYTICS = Asset("wikisentry-analytics")
LABELS = Asset("wikisentry-labels")
MODEL = Asset("wikisentry-model")

# The image's exit code for too little to learn from: the task is skipped, nothing failed.
TOO_LITTLE = 4

COMMON = {
    "owner": "wikisentry",
    "retries": 3,
    "retry_delay": datetime.timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": datetime.timedelta(minutes=10),
    "pool": "lake",
}

# The same for all attempts of a task, another if the run was cleared: what is done again is done, not looked up.
RUN_ID = (
    "{{ dag.dag_id }}-{{ dag_run.run_id | replace(':', '-') | replace('+', '-') }}"
    "{{ '-' ~ dag_run.clear_number if dag_run.clear_number else '' }}"
)


def setting(name, usual):
    return os.environ.get(name) or usual


def schedule(name, usual):
    """The timetable of a DAG, or `None`: a cron whose runs cover the day before. Without a start date the first run is
    at the next time that it names: nothing begins because the platform was started."""
    from airflow.timetables.trigger import CronTriggerTimetable

    cron = setting(name, usual)
    if cron == "none":
        return None
    return CronTriggerTimetable(cron, timezone="UTC", interval=datetime.timedelta(days=1))


def driver(task_id, arguments, **options):
    """A task that runs the driver with these arguments, which are templates."""
    restricted = k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    )
    of_pod = k8s.V1PodSecurityContext(
        run_as_non_root=True,
        run_as_user=10001,
        run_as_group=10001,
        fs_group=10001,
        seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
    )
    image = setting("SPARK_IMAGE", "wikisentry/spark:local")
    pull = setting("SPARK_IMAGE_PULL_POLICY", "Never")
    secret = setting("SPARK_SECRET", "wikisentry-spark")
    variables = {
        "LAKE": setting("SPARK_LAKE", "s3://wikisentry"),
        "S3_ENDPOINT": setting("S3_ENDPOINT", "http://minio:9000"),
        "S3_REGION": setting("S3_REGION", "us-east-1"),
        "SPARK_IMAGE": image,
        "SPARK_IMAGE_PULL_POLICY": pull,
        "SPARK_S3_SECRET": secret,
        **json.loads(setting("SPARK_SETTINGS", "{}")),
    }

    def field(name, path):
        source = k8s.V1EnvVarSource(field_ref=k8s.V1ObjectFieldSelector(field_path=path))
        return k8s.V1EnvVar(name=name, value_from=source)

    def key(name):
        source = k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name=secret, key=name))
        return k8s.V1EnvVar(name=name, value_from=source)

    environment = [k8s.V1EnvVar(name=name, value=str(value)) for name, value in variables.items()]
    environment += [field("POD_IP", "status.podIP"), field("POD_NAME", "metadata.name")]
    environment += [field("POD_NAMESPACE", "metadata.namespace")]
    environment += [key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY")]
    memory = setting("SPARK_POD_MEMORY", "1600Mi")
    return KubernetesPodOperator(
        task_id=task_id,
        name=f"spark-{task_id.replace('_', '-')}",
        namespace=setting("SPARK_NAMESPACE", "wikisentry"),
        image=image,
        image_pull_policy=pull,
        arguments=["driver", *arguments, "--run-id", RUN_ID],
        env_vars=environment,
        labels={
            "app.kubernetes.io/name": "spark",
            "app.kubernetes.io/component": "driver",
            "app.kubernetes.io/part-of": "wikisentry",
        },
        service_account_name=setting("SPARK_SERVICE_ACCOUNT", "spark"),
        automount_service_account_token=True,
        security_context=of_pod,
        container_security_context=restricted,
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": setting("SPARK_POD_CPU", "500m"), "memory": memory}, limits={"memory": memory}
        ),
        volumes=[k8s.V1Volume(name="tmp", empty_dir=k8s.V1EmptyDirVolumeSource())],
        volume_mounts=[k8s.V1VolumeMount(name="tmp", mount_path="/tmp")],
        in_cluster=True,
        get_logs=True,
        do_xcom_push=False,
        durable=True,
        on_finish_action="delete_pod",
        startup_timeout_seconds=600,
        termination_grace_period=30,
        skip_on_exit_code=TOO_LITTLE,
        **options,
    )
