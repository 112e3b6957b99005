"""One JSON record a line on standard error, as the program and the JVM of this image write it."""

import datetime
import json
import logging
import sys


class Lines(logging.Formatter):
    def format(self, record):
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line = {
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": {"WARNING": "WARN", "CRITICAL": "ERROR"}.get(record.levelname, record.levelname),
            "target": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def begin(level):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Each call to the JVM.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    return logging.getLogger("jobs")
