"""The routes, and what lives as long as the process: the follower of the champion, and the way it stops."""

import asyncio
import contextlib
import logging
import re
import signal
import time

import fastapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import documents, metrics, settings
from .champion import Follower
from .errors import ApiError
from .guard import Guard
from .logs import rfc3339
from .registry import Registry
from .scoring import Scoring

log = logging.getLogger("serving")

# What /model shows of a card: the rest is large, and in the registry.
CARD = ("name", "version", "created", "model_sha256", "calibration", "classes", "origin")


class Plain(APIRoute):
    """A route whose function takes the request as it is: nothing is validated or converted on the way, which
    costs more than a prediction."""

    def get_route_handler(self):
        function = self.endpoint

        async def handle(request):
            try:
                return await function(request)
            except ApiError as error:
                return error.reply()

        return handle


class Serving:
    """The state of the process and its answers."""

    def __init__(self, settings, registry, figures):
        self.settings = settings
        self.figures = figures
        self.follower = Follower(registry, figures)
        self.scoring = Scoring(settings, self.follower)
        self.has_looked = asyncio.Event()
        self.is_started = False
        self.is_stopping = False

    @contextlib.asynccontextmanager
    async def lifespan(self, app):
        following = asyncio.create_task(self.follower.follow(self.settings.poll, self.has_looked))
        starting = asyncio.create_task(self._start())
        watching = asyncio.create_task(self.scoring.deadlines.watch())
        undo = self._drain_on_sigterm()
        yield
        undo()
        for task in (following, starting, watching):
            task.cancel()
        self.scoring.threads.shutdown(wait=True, cancel_futures=True)

    async def _start(self):
        """Ready once it is known which the champion is; or after a while, with the model in the wheel."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.has_looked.wait(), self.settings.start_wait)
        self.is_started = True
        log.info("ready, with %s", self.follower.in_use.model.version)

    def _drain_on_sigterm(self):
        """First no longer ready, so that no new requests come; a while later the server's own end, which waits for
        those under way. A second signal ends it at once."""
        end = signal.getsignal(signal.SIGTERM)
        if not callable(end):
            return lambda: None
        loop = asyncio.get_running_loop()

        def stop():
            delay = 0 if self.is_stopping else self.settings.drain
            self.is_stopping = True
            log.info("SIGTERM: no longer ready, stopping in %g s", delay)
            loop.call_later(delay, end, signal.SIGTERM, None)

        loop.add_signal_handler(signal.SIGTERM, stop)
        return lambda: loop.remove_signal_handler(signal.SIGTERM)

    @property
    def is_ready(self):
        return self.is_started and not self.is_stopping

    async def predict(self, request: Request):
        no_query(request)
        return await self.scoring.predict(request.scope, request.receive)

    async def explain(self, request: Request):
        top = 8
        if request.scope["query_string"]:
            found = re.fullmatch(r"top=([0-9]{1,9})", request.scope["query_string"].decode("latin-1"))
            if not found:
                raise ApiError(400, "`/explain` takes the parameter `top` alone, a number", "POST /explain?top=5")
            top = int(found[1])
        return await self.scoring.explain(request.scope, request.receive, top)

    async def model(self, request: Request):
        no_query(request)
        in_use, problem = self.follower.in_use, self.follower.problem
        card = in_use.model.card
        checked = self.follower.checked_at
        return JSONResponse(
            {
                "model_version": in_use.model.version,
                "source": in_use.source,
                "loaded_at": rfc3339(in_use.loaded_at),
                "checked_at": None if checked is None else rfc3339(checked),
                "problem": problem and problem.record(),
                "card": {name: card[name] for name in CARD if name in card},
            }
        )

    async def live(self, request: Request):
        no_query(request)
        return JSONResponse({"live": True})

    async def ready(self, request: Request):
        no_query(request)
        if self.is_ready:
            return JSONResponse({"ready": True, "model_version": self.follower.in_use.model.version})
        message = "the process is stopping" if self.is_stopping else "the champion is being looked for"
        problem = {"component": "serving", "message": message, "help": "ask another replica, or again in a second"}
        return JSONResponse({"ready": False, "problems": [problem]}, 503)

    async def metrics(self, request: Request):
        no_query(request)
        text = self.figures.text(self.follower, self.is_ready, self.scoring.under_way)
        return Response(text, headers={"content-type": metrics.CONTENT_TYPE})


def no_query(request):
    if request.scope["query_string"]:
        help = "leave out what follows the `?`; GET /openapi.json describes all routes"
        raise ApiError(400, f"`{request.scope['path']}` takes no parameters", help)


class Gate:
    """Around everything: refuses who may not ask, counts and times what is answered. The one route that is asked
    all the time is answered before the router, whose layers cost several times a prediction."""

    def __init__(self, app, serving, routes):
        self.app = app
        self.serving = serving
        self.guard = Guard(serving.settings.allowed_hosts)
        self.requests = serving.figures.requests
        self.seconds = {route: serving.figures.seconds.labels(route) for route in (*routes, "other")}
        self.counted = {}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begin = time.perf_counter()
        status = 500

        async def observed(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        refused = self.guard.check(scope)
        route = scope["path"] if scope["path"] in self.seconds else "other"
        try:
            if refused is not None:
                await refused.reply()(scope, receive, observed)
            elif route == "/predict" and scope["method"] == "POST" and not scope["query_string"]:
                await self._predict(scope, receive, observed)
            else:
                await self.app(scope, receive, observed)
        finally:
            self.seconds[route].observe(time.perf_counter() - begin)
            counted = self.counted.get((route, status))
            if counted is None:
                counted = self.counted[route, status] = self.requests.labels(route, str(status))
            counted.inc()

    async def _predict(self, scope, receive, send):
        try:
            reply = await self.serving.scoring.predict(scope, receive)
        except ApiError as error:
            reply = error.reply()
        await reply(scope, receive, send)


def create(configured=None, registry=None):
    """The application; with the settings of the environment, and their registry, if none are given."""
    configured = configured or settings.from_environment()
    if registry is None and configured.endpoint:
        registry = Registry(configured)
    serving = Serving(configured, registry, metrics.Figures())
    app = fastapi.FastAPI(
        title="WikiSentry serving",
        version="1",
        description="Scores raw events of Wikimedia's streams with the champion, as the embedded API does.",
        lifespan=serving.lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = Plain
    event, examples = documents.named("Event"), documents.EXAMPLES
    app.post(
        "/predict",
        operation_id="predict",
        summary="Score events",
        openapi_extra=documents.body(documents.one_or_many(event), one=examples["event"], many=[examples["event"]]),
        responses=documents.answer(
            "The answer of the event, or of each in its order. Of an array, events that are refused have an answer too.",
            documents.one_or_many(documents.named("Prediction")),
            one=examples["prediction"],
            many=[examples["prediction"]],
        )
        | documents.errors(408, 413, 415, 422, 503),
    )(serving.predict)
    top = {"name": "top", "in": "query", "description": "The strongest reasons, so many; the others are summed up."}
    top["schema"] = {"type": "integer", "minimum": 0, "maximum": 100, "default": 8}
    app.post(
        "/explain",
        operation_id="explain",
        summary="Why an edit has its score",
        openapi_extra=documents.body(event, one=examples["event"]) | {"parameters": [top]},
        responses=documents.answer("The score and its reasons.", documents.named("Explained"), one=examples["explained"])
        | documents.errors(408, 413, 415, 422, 501, 503),
    )(serving.explain)
    app.get(
        "/model",
        operation_id="model",
        summary="The model in use",
        responses=documents.answer("Which, since when, and what is wrong.", documents.named("Model"))
        | documents.errors(),
    )(serving.model)
    app.get(
        "/health/live",
        operation_id="live",
        summary="Whether the process answers",
        responses=documents.answer("It does.", documents.named("Live")) | documents.errors(),
    )(serving.live)
    not_ready = {"description": "Not now.", "content": {documents.JSON: {"schema": documents.named("NotReady")}}}
    app.get(
        "/health/ready",
        operation_id="ready",
        summary="Whether requests are wanted",
        responses=documents.answer("They are.", documents.named("Ready")) | documents.errors() | {503: not_ready},
    )(serving.ready)
    text = {"description": "One figure a line.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    app.get(
        "/metrics",
        operation_id="metrics",
        summary="Figures for Prometheus",
        responses={200: text} | documents.errors(),
    )(serving.metrics)
    routes = [route.path for route in app.routes if isinstance(route, APIRoute)]
    all_routes = ", ".join(
        f"{method} {route.path}" for route in app.routes for method in sorted(route.methods - {"HEAD"})
    )

    @app.exception_handler(HTTPException)
    async def no_route(request, error):
        path = request.scope["path"]
        if error.status_code == 405:
            return ApiError(405, f"`{path}` does not take {request.method}", all_routes).reply()
        return ApiError(error.status_code, f"there is no `{path}`", all_routes).reply()

    made = app.openapi

    def openapi():
        if not app.openapi_schema:
            document = made()
            document.setdefault("components", {}).setdefault("schemas", {}).update(documents.SCHEMAS)
        return app.openapi_schema

    app.openapi = openapi
    gate = Gate(app, serving, [*routes, "/openapi.json"])
    return gate
