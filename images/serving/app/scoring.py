"""The requests that score: their bodies, read within a size and a time, and the wheel's answers."""

import asyncio
import concurrent.futures
import os
import time

import wikisentry

from .errors import ApiError, Reply

HELP = "send one recentchange or page_change event as a JSON object, or an array of them"
TYPE_HELP = "send it with the header `Content-Type: application/json` (`curl --json @event.json`)"
# Requests at a time. Each holds its body.
MAX_REQUESTS = 64
# Seconds that a body may be under way.
BODY_TIME = 10.0
# A larger body, and an array, is scored apart from others' requests; in bytes.
SMALL_BYTES = 64 * 1024
WHITE_SPACE = b" \t\n\r\x0c"
# More reasons than there are kinds of them are none.
MOST_REASONS = 100


class Scoring:
    def __init__(self, settings, follower):
        self.settings = settings
        self.follower = follower
        self.under_way = 0
        self.deadlines = Deadlines()
        cores = len(os.sched_getaffinity(0))
        self.threads = concurrent.futures.ThreadPoolExecutor(cores, "scoring")

    async def predict(self, scope, receive):
        """One raw event, or an array of them."""
        body = await self._body(scope, receive)
        score_bots = self.settings.score_bots
        is_array = body.lstrip(WHITE_SPACE).startswith(b"[") if body[:1] != b"{" else False
        answer = self.follower.in_use.model.answer
        return await self._answer(answer, body, is_array, score_bots=score_bots)

    async def explain(self, scope, receive, top):
        """Why one raw event has its score."""
        if top > MOST_REASONS:
            raise ApiError(400, f"`top` is {top}, at most {MOST_REASONS} reasons are given", HELP)
        body = await self._body(scope, receive)
        explain = self.follower.in_use.model.explain_answer
        return await self._answer(explain, body, False, top=top)

    async def _answer(self, answer, body, is_array, **how):
        try:
            if is_array or len(body) > SMALL_BYTES:
                # Without Python's lock: requests of one event go on meanwhile.
                loop = asyncio.get_running_loop()
                self.under_way += 1
                try:
                    scored = await loop.run_in_executor(self.threads, lambda: answer(body, **how))
                finally:
                    self.under_way -= 1
            else:
                scored = answer(body, **how)
        except wikisentry.RequestError as refused:
            raise ApiError.of_request(refused) from None
        except wikisentry.ModelError as error:
            # A model that scores and does not say why.
            raise ApiError(501, str(error), "ask for a prediction, or promote another version") from None
        return Reply(200, scored)

    async def _body(self, scope, receive):
        length = None
        is_json, is_plain = False, True
        for name, value in scope["headers"]:
            if name == b"content-type":
                is_json = is_json or value.partition(b";")[0].strip().lower() == b"application/json"
            elif name == b"content-encoding":
                is_plain = is_plain and value.strip().lower() == b"identity"
            elif name == b"content-length":
                length = int(value) if value.isdigit() else None
        # A browser sends this type across sites only after a CORS preflight, which is not answered.
        if not is_json:
            raise ApiError(415, "the content type is not application/json", TYPE_HELP)
        if not is_plain:
            help = "send it as it is, without the header `Content-Encoding`"
            raise ApiError(415, "the body has a content encoding", help)
        if self.under_way >= MAX_REQUESTS:
            error = f"{MAX_REQUESTS} requests for predictions are under way"
            raise ApiError(503, error, "ask again in a second")
        if length is not None and length > self.settings.max_body_bytes:
            raise too_long()
        self.under_way += 1
        try:
            return await self.deadlines.within(BODY_TIME, read(receive, self.settings.max_body_bytes))
        except TimeoutError:
            error = f"the body took longer than {BODY_TIME:.0f} s"
            raise ApiError(408, error, "send it at once") from None
        finally:
            self.under_way -= 1


class Deadlines:
    """Ends what takes too long, up to a second late: one timer for all requests, where `asyncio.timeout` has one
    for each, which costs as much as a prediction."""

    def __init__(self):
        self.under_way = {}

    async def within(self, seconds, work):
        """Raises `TimeoutError` if the work takes longer."""
        task = asyncio.current_task()
        self.under_way[task] = time.monotonic() + seconds
        try:
            return await work
        except asyncio.CancelledError:
            # Not by us if it is still there.
            if task in self.under_way:
                raise
            task.uncancel()
            raise TimeoutError from None
        finally:
            self.under_way.pop(task, None)

    async def watch(self, every=1.0):
        while True:
            await asyncio.sleep(every)
            now = time.monotonic()
            for task in [task for task, end in self.under_way.items() if end < now]:
                del self.under_way[task]
                task.cancel()


async def read(receive, most):
    """The whole body, of `most` bytes at most."""
    message = await receive()
    body = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False):
        if len(body) > most:
            raise too_long()
        return body
    parts, size = [body], len(body)
    while message["type"] == "http.request" and message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise too_long()
    if message["type"] != "http.request":
        # Nobody reads the answer.
        raise ApiError(400, "the client has gone away", HELP)
    return b"".join(parts)


def too_long():
    return ApiError(413, "the body is larger than SERVING_MAX_BODY_BYTES allows", "send several requests")
