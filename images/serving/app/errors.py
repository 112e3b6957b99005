"""Errors as clients see them: a status and `{"error": …, "help": …}`, as the embedded API gives them."""

import json

# How the kinds of the wheel's errors are answered.
STATUS = {"malformed": 400, "too_many": 413, "event": 422}


class Reply:
    """An answer in JSON that is ready to be sent; a third of the work of Starlette's."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status, body, headers=()):
        self.status = status
        self.body = body
        length = (b"content-length", b"%d" % len(body))
        self.headers = [(b"content-type", b"application/json"), length, *headers]

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


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

    def reply(self):
        told = {"error": self.error, "help": self.help}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        headers = [(b"retry-after", b"1")] if self.status == 503 else []
        return Reply(self.status, body, headers)
