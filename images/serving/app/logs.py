"""Logs as JSON, a record a line, with the names that the program's logs have."""

import datetime
import json
import logging
import sys
import traceback

LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}


class JsonLines(logging.Formatter):
    def format(self, record):
        written = {
            "timestamp": rfc3339(record.created),
            "level": LEVELS.get(record.levelname, record.levelname),
            "target": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            written["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(written, ensure_ascii=False)


def rfc3339(seconds):
    """A time in UTC with milliseconds, as every contract has it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def install(level):
    """Everything to standard error; that of uvicorn, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
