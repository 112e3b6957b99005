"""What /openapi.json says beyond the routes: schemas of requests and answers, and examples, which a test holds
to what is really answered."""

import json
import pathlib

HERE = pathlib.Path(__file__).parent
# The event, and what the model in the wheel says of it.
EXAMPLES = json.loads((HERE / "examples.json").read_text("utf-8"))
SCHEMAS = json.loads((HERE / "schemas.json").read_text("utf-8"))

JSON = "application/json"
ERRORS = {
    400: "The body is empty or no JSON array of events, or the query is not as described.",
    403: "The request comes from a page of another host.",
    408: "The body took longer than 10 seconds.",
    413: "The body is larger than SERVING_MAX_BODY_BYTES, or the array has more than 1,000 events.",
    415: "The content type is not `application/json`, or the body has a content encoding.",
    421: "The request is for a host that is no address nor a name of SERVING_ALLOWED_HOSTS.",
    422: "The one event is none of an edit, or cannot be read.",
    501: "The model does not say how many rows went through its nodes.",
    503: "64 requests for predictions are under way.",
}
RETRY = {"Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "integer"}}}


def named(schema):
    return {"$ref": f"#/components/schemas/{schema}"}


def errors(*statuses):
    """The errors of a route, as FastAPI's `responses`."""
    found = {}
    for status in sorted({*statuses, 400, 403, 421}):
        found[status] = {"description": ERRORS[status], "content": {JSON: {"schema": named("Error")}}}
        if status == 503:
            found[status]["headers"] = RETRY
    return found


def answer(description, schema, **examples):
    content = {"schema": schema}
    if examples:
        content["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {200: {"description": description, "content": {JSON: content}}}


def body(schema, **examples):
    """The request's body, as FastAPI's `openapi_extra`."""
    named_examples = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema, "examples": named_examples}}}}


def one_or_many(schema):
    return {"anyOf": [schema, {"type": "array", "maxItems": 1_000, "items": schema}]}
