"""What each route answers, its bounds and its errors."""

import asyncio
import json

import jsonschema
import pytest
import wikisentry
from app import documents, guard, scoring
from app.errors import ApiError
from conftest import ROOT, Application

CONTRACTS = ROOT / "docs" / "contracts"
pytestmark = pytest.mark.asyncio


def schema(name):
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": documents.SCHEMAS}}
    )


async def test_an_event_is_answered_as_the_wheel_does(application, edit, sample):
    one = await application.post("/predict", edit)
    assert (one.status_code, one.headers["content-type"]) == (200, "application/json")
    model = wikisentry.Model.bootstrap()
    assert one.content == model.answer(edit)
    schema("Prediction").validate(one.json())
    body = b"\n [" + b",".join(sample[:1_000]) + b"]"
    many = await application.post("/predict", body)
    assert many.json() == model.predict(sample[:1_000]) and len(many.json()) == 1_000
    for answer in many.json():
        schema("Prediction").validate(answer)


async def test_an_edit_is_explained(application, edit):
    explained = await application.post("/explain", edit)
    assert explained.json() == wikisentry.Model.bootstrap().explain(edit)
    schema("Explained").validate(explained.json())
    assert len((await application.post("/explain?top=2", edit)).json()["reasons"]) == 2
    for query in ("top=-1", "top=x", "top=1&top=2", "most=1", "top=101"):
        refused = await application.post(f"/explain?{query}", edit)
        assert refused.status_code == 400, query
    assert (await application.post("/explain", b"[" + edit + b"]")).status_code == 422


async def test_errors_have_the_status_and_the_text_of_the_embedded_api(application, edit):
    cases = [
        (b"", {}, 400, "the body is empty"),
        (b"[", {}, 400, "not a JSON array of events: EOF while parsing a list at line 1 column 1"),
        (b"[" + b"{}," * 1_000 + b"{}]", {}, 413, "the array has more than 1000 events"),
        (b"{}", {}, 422, "field `meta` is missing or cannot be read"),
        (edit, {"content-type": "text/plain"}, 415, "the content type is not application/json"),
        (edit, {"content-encoding": "gzip"}, 415, "the body has a content encoding"),
        (b" " * ((1 << 20) + 1), {}, 413, "the body is larger than SERVING_MAX_BODY_BYTES allows"),
        (edit, {"host": "evil.example"}, 421, 'the request is for "evil.example", which is not this machine'),
        (edit, {"origin": "https://evil.example"}, 403, 'the request comes from a page of "https://evil.example"'),
    ]
    for body, headers, status, error in cases:
        answer = await application.post("/predict", body, **headers)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        schema("Error").validate(answer.json())
    assert (await application.post("/predict", edit, **{"content-type": "Application/JSON; charset=utf-8"})).status_code == 200
    assert (await application.post("/predict?a=1", edit)).json()["error"] == "`/predict` takes no parameters"
    nowhere = await application.client.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "there is no `/nowhere`")
    assert "POST /predict, POST /explain, GET /model" in nowhere.json()["help"]
    other = await application.client.get("/predict")
    assert (other.status_code, other.json()["error"]) == (405, "`/predict` does not take GET")


async def test_a_body_in_parts_has_the_same_bounds(application, edit):
    async def parts(body, size, end=True):
        for at in range(0, len(body), size):
            yield body[at : at + size]

    whole = await application.post("/predict", parts(edit, 100))
    assert whole.status_code == 200
    long = await application.post("/predict", parts(b" " * ((1 << 20) + 1), 1 << 16))
    assert long.status_code == 413


async def test_a_body_that_does_not_end_is_not_waited_for(application, monkeypatch):
    monkeypatch.setattr(scoring, "BODY_TIME", 0.05)

    answers = []
    watching = asyncio.create_task(application.serving.scoring.deadlines.watch(every=0.01))

    async def send(message):
        answers.append(message)

    begun = iter([{"type": "http.request", "body": b"[", "more_body": True}])

    async def receive():
        for message in begun:
            return message
        await asyncio.sleep(60)

    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "http_version": "1.1"}
    scope |= {"headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")], "root_path": ""}
    await application.gate(scope, receive, send)
    watching.cancel()
    assert answers[0]["status"] == 408
    assert application.serving.scoring.under_way == 0


async def test_too_many_at_a_time_are_asked_to_come_again(application, edit):
    application.serving.scoring.under_way = scoring.MAX_REQUESTS
    busy = await application.post("/predict", edit)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    application.serving.scoring.under_way = 0
    assert (await application.post("/predict", edit)).status_code == 200


async def test_state_routes(application):
    live = await application.client.get("/health/live")
    ready = await application.client.get("/health/ready")
    model = await application.client.get("/model")
    schema("Live").validate(live.json())
    schema("Ready").validate(ready.json())
    schema("Model").validate(model.json())
    assert model.json()["source"] == "bootstrap" and model.json()["problem"] is None
    application.serving.is_stopping = True
    stopping = await application.client.get("/health/ready")
    assert stopping.status_code == 503
    schema("NotReady").validate(stopping.json())
    assert (await application.client.get("/health/live")).status_code == 200


async def test_figures_count_what_was_answered(application, edit):
    await application.post("/predict", edit)
    await application.post("/predict", b"{}")
    await application.client.get("/nowhere")
    text = (await application.client.get("/metrics")).text
    for line in (
        'wikisentry_serving_requests_total{route="/predict",status="200"} 1.0',
        'wikisentry_serving_requests_total{route="/predict",status="422"} 1.0',
        'wikisentry_serving_requests_total{route="other",status="404"} 1.0',
        'wikisentry_serving_request_seconds_count{route="/predict"} 2.0',
        'wikisentry_model_info{source="bootstrap",version="edit-risk/1"} 1.0',
        "wikisentry_serving_model_problem 0.0",
        "wikisentry_serving_ready 1.0",
    ):
        assert f"\n{line}\n" in text, line


async def test_the_document_describes_what_there_is(application, edit):
    document = (await application.client.get("/openapi.json")).json()
    assert set(document["paths"]) == {"/predict", "/explain", "/model", "/health/live", "/health/ready", "/metrics"}
    told = json.dumps(document)
    for name in documents.SCHEMAS:
        assert f"#/components/schemas/{name}" in told, name
    assert "HTTPValidationError" not in told
    # Its contracts are those of the platform.
    contract = json.loads((CONTRACTS / "prediction.schema.json").read_text())
    assert documents.SCHEMAS["Prediction"] == {name: contract[name] for name in contract if name[0] != "$"}
    embedded = json.loads((CONTRACTS / "openapi.json").read_text())
    for name in ("Error", "Event"):
        assert documents.SCHEMAS[name] == embedded["components"]["schemas"][name]
    ours, theirs = document["paths"]["/predict"]["post"], embedded["paths"]["/predict"]["post"]
    assert set(ours["responses"]) == set(theirs["responses"])
    # Its examples are what is really answered.
    event = documents.EXAMPLES["event"]
    body = json.dumps(event).encode()
    assert (await application.post("/predict", body)).json() == documents.EXAMPLES["prediction"]
    assert (await application.post("/explain?top=3", body)).json() == documents.EXAMPLES["explained"]
    assert event == json.loads(edit)


async def test_bots_are_scored_if_that_is_set(store, edit):
    bot = (ROOT / "testdata" / "events" / "recentchange-2022-bot.json").read_bytes()
    for score_bots in (False, True):
        application = Application(store, score_bots=score_bots)
        answer = (await application.post("/predict", bot)).json()
        assert (answer["score"] is not None) == score_bots


# The cases of crates/engine/src/api/guard.rs.
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1", "localhost:8000", "LocalHost", "[::1]:8000", "192.0.2.7:8000", "edits.example.org", "EDITS.example.org:443", "a.localhost:80"],
)
async def test_who_may_ask(host):
    assert refusal(host) is None
    assert refusal(host, f"http://{host}") is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "evil-localhost", "", "[::1", "[evil.example]:80", "[::1].evil.example", "[::1]x", "127.0.0.1:80x", "a" * 600],
)
async def test_strangers_names_are_refused(host):
    assert refusal(host) == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "evil"])
async def test_strangers_pages_are_refused(origin):
    assert refusal("127.0.0.1:8000", origin) == 403


async def test_several_of_a_header_are_refused_and_old_clients_need_none():
    allowed = guard.Guard(frozenset())
    twice = [(b"host", b"127.0.0.1"), (b"host", b"127.0.0.1")]
    assert allowed.check({"headers": twice, "http_version": "1.1"}).status == 421
    assert allowed.check({"headers": [], "http_version": "1.0"}) is None
    assert allowed.check({"headers": [], "http_version": "1.1"}).status == 421
    assert allowed.check({"headers": [(b"origin", b"null")], "http_version": "1.0"}).status == 403


def refusal(host, origin=None):
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    refused = guard.Guard(frozenset({"edits.example.org"})).check({"headers": headers, "http_version": "1.1"})
    assert refused is None or isinstance(refused, ApiError)
    return refused and refused.status
