"""Starts the server: one process, or several that share the port."""

import os
import sys
import tempfile

import uvicorn

from . import logs, settings

# Seconds for requests under way once no new ones are taken.
LAST_REQUESTS = 20


def main():
    try:
        found = settings.from_environment()
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if found.workers > 1:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")
    logs.install(found.log_level)
    uvicorn.run(
        "app.main:create",
        factory=True,
        host=found.host,
        port=found.port,
        workers=found.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config={"version": 1, "disable_existing_loggers": False},
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LAST_REQUESTS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
