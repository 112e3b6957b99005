"""Settings from the environment, checked once. The list with the defaults is in images/serving/start."""

import dataclasses
import os


class SettingsError(Exception):
    """A variable that cannot be used."""


@dataclasses.dataclass(frozen=True)
class Settings:
    host: str = "0.0.0.0"
    port: int = 8000
    workers: int = 1
    allowed_hosts: frozenset[str] = frozenset({"localhost"})
    max_body_bytes: int = 1 << 20
    score_bots: bool = False
    # Seconds, as all times here.
    drain: float = 5.0
    poll: float = 2.0
    start_wait: float = 10.0
    log_level: str = "INFO"
    # Without an endpoint there is no registry: the model in the wheel scores.
    endpoint: str = ""
    region: str = "us-east-1"
    bucket: str = "wikisentry"
    # Whether the bucket stands in the path, else in the name of the host.
    path_style: bool = True
    # File of who signs the store's certificate; without one those that everybody trusts.
    ca_file: str = ""
    prefix: str = "models"
    model: str = "edit-risk"
    access_key: str = ""
    secret_key: str = dataclasses.field(default="", repr=False)


def from_environment(environment=os.environ):
    """Raises `SettingsError` with the variable, its value and what it must be."""
    usual = Settings()

    def text(name, default, must_be="not empty", fits=bool):
        value = environment.get(name, "").strip() or default
        if not fits(value):
            raise SettingsError(f"{name} is {value!r}, but must be {must_be}")
        return value

    def number(name, default, least, most, kind=int):
        value = environment.get(name, "").strip() or str(default)
        try:
            found = kind(value)
        except ValueError:
            found = None
        # Not a number compares as false.
        if found is None or not least <= found <= most:
            raise SettingsError(f"{name} is {value!r}, but must be a number from {least} to {most}")
        return found

    hosts = environment.get("SERVING_ALLOWED_HOSTS", "").replace(",", " ").split()
    bots = text("SERVING_SCORE_BOTS", "false", "true or false", {"true", "false"}.__contains__)
    path_style = text("S3_PATH_STYLE", "true", "true or false", {"true", "false"}.__contains__)
    is_key = lambda value: not value or value.isprintable() and " " not in value
    return Settings(
        host=text("SERVING_HOST", usual.host),
        port=number("SERVING_PORT", usual.port, 1, 65_535),
        workers=number("SERVING_WORKERS", usual.workers, 1, 64),
        allowed_hosts=frozenset(host.lower() for host in hosts) | usual.allowed_hosts,
        max_body_bytes=number("SERVING_MAX_BODY_BYTES", usual.max_body_bytes, 1_024, 1 << 28),
        score_bots=bots == "true",
        drain=number("SERVING_DRAIN_SECONDS", usual.drain, 0, 600, float),
        poll=number("SERVING_POLL_SECONDS", usual.poll, 0.1, 3_600, float),
        start_wait=number("SERVING_START_WAIT_SECONDS", usual.start_wait, 0, 600, float),
        log_level=text(
            "SERVING_LOG_LEVEL",
            usual.log_level,
            "DEBUG, INFO, WARNING or ERROR",
            {"DEBUG", "INFO", "WARNING", "ERROR"}.__contains__,
        ),
        endpoint=text(
            "S3_ENDPOINT",
            usual.endpoint,
            "an address such as http://minio:9000",
            lambda value: not value or value.startswith(("http://", "https://")),
        ).rstrip("/"),
        region=text("S3_REGION", usual.region),
        bucket=text("S3_BUCKET", usual.bucket, "a name of a bucket", lambda value: "/" not in value),
        path_style=path_style == "true",
        ca_file=text(
            "S3_CA_FILE",
            usual.ca_file,
            "a file that can be read",
            lambda value: not value or os.access(value, os.R_OK),
        ),
        prefix=text("S3_PREFIX", usual.prefix).strip("/"),
        model=text("SERVING_MODEL", usual.model, "a name without /", lambda value: "/" not in value),
        access_key=text("AWS_ACCESS_KEY_ID", usual.access_key, "printable and without spaces", is_key),
        secret_key=environment.get("AWS_SECRET_ACCESS_KEY", "").strip(),
    )
