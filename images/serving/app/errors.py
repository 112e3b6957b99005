"""Errors as clients see them: a status and `{"error": …, "help": …}`, as the embedded API gives them."""

import json

from starlette.responses import Response

# How the kinds of the wheel's errors are answered.
STATUS = {"malformed": 400, "too_many": 413, "event": 422}


class ApiError(Exception):
    def __init__(self, status, error, help):
        super().__init__(error)
        self.status = status
        self.error = error
        self.help = help

    @classmethod
    def of_request(cls, refused):
        """A `wikisentry.RequestError`."""
        return cls(STATUS[refused.kind], str(refused), refused.help)

    def response(self):
        body = json.dumps({"error": self.error, "help": self.help}, ensure_ascii=False, separators=(",", ":"))
        headers = {"retry-after": "1"} if self.status == 503 else None
        return Response(body, self.status, headers, media_type="application/json")
