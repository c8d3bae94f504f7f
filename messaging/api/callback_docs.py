"""What the doors for news take and answer, for the published document."""

from typing import Any

from drf_spectacular.utils import OpenApiRequest, OpenApiResponse

from messaging.api.docs import Operation, listing, path, query
from messaging.api.paging import PAGING
from messaging.api.schemas import COUNT, ID, MOMENT, TEXT, Schema, answer, asked, list_of, or_null, page_of, ref
from messaging.callbacks.events import Event
from messaging.models import Callback, CallbackEndpoint, TimelineEntry
from messaging.statuses import Status, Via

EVENT: Schema = {"type": "string", "enum": [event.value for event in Event]}
STATE: Schema = {"type": "string", "enum": list(Callback.State.values)}
WAIT = 20
_CALLBACK = {
    "id": {**ID, "description": "The `webhook-id` of every try."},
    "endpoint": ID,
    "message": ID,
    "transaction": ID,
    "sequence": {**COUNT, "description": "Grows with each piece of news of a transaction."},
    "event": EVENT,
    "dialect": or_null({**TEXT, "description": "The provider in whose words it is; null for ours."}),
    "url": TEXT,
    "state": STATE,
    "attempts": COUNT,
    "status": or_null({"type": "integer", "description": "What the last try was answered."}),
    "outcome": or_null({**TEXT, "description": "What came of the last try: taken, not_taken, timed_out, ..."}),
    "created_at": MOMENT,
    "tried_at": or_null(MOMENT),
    "next_attempt_at": or_null(MOMENT),
}
_ENDPOINT = {
    "id": ID,
    "host": TEXT,
    "url": TEXT,
    "state": {"type": "string", "enum": list(CallbackEndpoint.State.values)},
    "reason": or_null({"type": "string", "enum": list(CallbackEndpoint.Reason.values)}),
    "concurrency": {**COUNT, "description": "Tries at once."},
    "verified_at": or_null(MOMENT),
    "failing_since": or_null(MOMENT),
    "previous_secret_until": or_null(MOMENT),
    "created_at": MOMENT,
}
_SECRET = {"secret": {**TEXT, "description": "whsec_... of Standard Webhooks; shown only now."}}
COMPONENTS: dict[str, Schema] = {
    "Callback": answer(**_CALLBACK),
    "WholeCallback": answer(**_CALLBACK, body={**TEXT, "description": "Byte for byte what is sent."}),
    "Callbacks": page_of("Callback"),
    "Endpoint": answer(**_ENDPOINT),
    "NewEndpoint": answer(**_ENDPOINT, **_SECRET),
    "Endpoints": page_of("Endpoint"),
    "RegisterEndpoint": asked(["url"], url={"type": "string", "format": "uri", "maxLength": 2048, "minLength": 1}),
    "Event": answer(
        cursor={**TEXT, "description": "Give it as `after` to go on behind this event."},
        at=MOMENT,
        received_at=MOMENT,
        event={**TEXT, "description": "The state it claims, else its kind."},
        kind=TEXT,
        source={"type": "string", "enum": list(TimelineEntry.Source.values)},
        message=ID,
        transaction=ID,
        to=TEXT,
        status={"type": "string", "enum": [status.value for status in Status]},
        via=or_null({"type": "string", "enum": [via.value for via in Via]}),
        provider=TEXT,
        code=TEXT,
        text=TEXT,
        correlation_id=TEXT,
        callback_data=TEXT,
    ),
    "Events": answer(
        next={**TEXT, "description": "Where to go on, also when there was nothing new."},
        more={"type": "boolean", "description": "Whether to ask again at once."},
        results=list_of(ref("Event")),
    ),
}
EMPTY = OpenApiRequest({"type": "object", "additionalProperties": False})
FILTERS = [
    query("state", STATE, "Only in this state."),
    query("event", EVENT, "Only of this event."),
    query("endpoint", ID, "Only to this endpoint."),
    query("transaction", ID, "Only of this transaction."),
    query("message", ID, "Only of this message."),
    query("created_after", MOMENT, "From this moment on, ISO 8601 with a zone."),
    query("created_before", MOMENT, "Before this moment, ISO 8601 with a zone."),
]
CALLBACK_FILTERS = (*PAGING, *(parameter.name for parameter in FILTERS))


def _one(operation_id: str, of: str, schema: str, said: str, **more: OpenApiResponse) -> Operation:
    responses: dict[int, OpenApiResponse] = {200: OpenApiResponse(ref(schema), description=said)}
    responses |= {int(status.removeprefix("on_")): answered for status, answered in more.items()}
    return {"operation_id": operation_id, "parameters": [path(of)], "responses": responses}


LIST_CALLBACKS = {"operation_id": "callbacks_list", **listing("Callbacks", *FILTERS)}
READ_CALLBACK = _one("callbacks_read", "callback_id", "WholeCallback", "The news, with its body.")
REPLAY_CALLBACK = {
    **_one(
        "callbacks_replay",
        "callback_id",
        "Callback",
        "It is due again.",
        on_409=OpenApiResponse(description="It is being sent at this moment."),
    ),
    "request": EMPTY,
}
LIST_ENDPOINTS = {"operation_id": "endpoints_list", **listing("Endpoints")}
REGISTER_ENDPOINT: Operation = {
    "operation_id": "endpoints_register",
    "request": OpenApiRequest(ref("RegisterEndpoint")),
    "responses": {
        201: OpenApiResponse(ref("NewEndpoint"), description="Registered, with its secret; verify it next."),
        409: OpenApiResponse(description="The host is registered already, or this key has too many."),
    },
}
READ_ENDPOINT = _one("endpoints_read", "endpoint_id", "Endpoint", "The endpoint.")
VERIFY_ENDPOINT = {
    **_one(
        "endpoints_verify",
        "endpoint_id",
        "Endpoint",
        "It repeated the challenge and is active.",
        on_422=OpenApiResponse(description="It did not take the challenge, or did not repeat it."),
    ),
    "request": EMPTY,
}
RENEW_SECRET = {
    **_one("endpoints_renew_secret", "endpoint_id", "NewEndpoint", "The new secret."),
    "request": EMPTY,
}
SWITCH_OFF_ENDPOINT = {
    **_one("endpoints_switch_off", "endpoint_id", "Endpoint", "It is told nothing any more."),
    "request": EMPTY,
}
EVENT_FILTERS = ("after", "limit", "wait")
LIST_EVENTS: Operation = {
    "operation_id": "events_list",
    "parameters": [
        query("after", TEXT, "A cursor: only what came behind it. Left out: from this key's first message on."),
        query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "How many at once."),
        query(
            "wait",
            {"type": "integer", "minimum": 0, "maximum": WAIT, "default": 0},
            "Seconds to wait at most when there is nothing new.",
        ),
    ],
    "responses": {200: OpenApiResponse(ref("Events"), description="Oldest first.")},
}


def complete(result: Schema, **_more: Any) -> Schema:
    """A hook of drf-spectacular: adds COMPONENTS."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(COMPONENTS)
    return result
