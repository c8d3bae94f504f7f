"""What the doors for news take and answer, for the published document."""

from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse

from messaging.api.callback_schemas import EVENT, STATE
from messaging.api.docs import BETWEEN, Operation, listing, path, query, read
from messaging.api.paging import PAGING
from messaging.api.schema_words import EMPTY, ID, TEXT, ref
from messaging.api.sparse import FIELDS

NOTHING = OpenApiRequest(EMPTY)
WAIT = 20
FILTERS = [
    query("state", STATE, "Only in this state."),
    query("event", EVENT, "Only of this event."),
    query("endpoint", ID, "Only to this endpoint."),
    query("transaction", ID, "Only of this transaction."),
    query("message", ID, "Only of this message."),
    *BETWEEN,
]
CALLBACK_FILTERS = (*PAGING, FIELDS, *(parameter.name for parameter in FILTERS))


def _one(operation_id: str, of: str, schema: str, said: str, **more: OpenApiResponse) -> Operation:
    responses: dict[int, OpenApiResponse] = {200: OpenApiResponse(ref(schema), description=said)}
    responses |= {int(status.removeprefix("on_")): answered for status, answered in more.items()}
    return {"operation_id": operation_id, "parameters": [path(of)], "responses": responses}


LIST_CALLBACKS = {"operation_id": "callbacks_list", **listing("Callbacks", *FILTERS)}
READ_CALLBACK = read(
    "callbacks_read", of="callback_id", component="WholeCallback", description="The news, with its body."
)
REPLAY_CALLBACK = {
    **_one(
        "callbacks_replay",
        "callback_id",
        "Callback",
        "It is due again.",
        on_409=OpenApiResponse(description="It is being sent at this moment."),
    ),
    "request": NOTHING,
}
LIST_ENDPOINTS = {"operation_id": "endpoints_list", **listing("Endpoints")}
EXAMPLE_ENDPOINT = {"url": "https://shop.example.com/news"}
REGISTER_ENDPOINT: Operation = {
    "operation_id": "endpoints_register",
    "request": OpenApiRequest(
        ref("RegisterEndpoint"), examples=[OpenApiExample("A host", EXAMPLE_ENDPOINT, request_only=True)]
    ),
    "responses": {
        201: OpenApiResponse(ref("NewEndpoint"), description="Registered, with its secret; verify it next."),
        409: OpenApiResponse(description="The host is registered already, or this key has too many."),
    },
}
READ_ENDPOINT = read("endpoints_read", of="endpoint_id", component="Endpoint", description="The endpoint.")
VERIFY_ENDPOINT = {
    **_one(
        "endpoints_verify",
        "endpoint_id",
        "Endpoint",
        "It repeated the challenge and is active.",
        on_422=OpenApiResponse(description="It did not take the challenge, or did not repeat it."),
    ),
    "request": NOTHING,
}
RENEW_SECRET = {
    **_one("endpoints_renew_secret", "endpoint_id", "NewEndpoint", "The new secret."),
    "request": NOTHING,
}
SWITCH_OFF_ENDPOINT = {
    **_one("endpoints_switch_off", "endpoint_id", "Endpoint", "It is told nothing any more."),
    "request": NOTHING,
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
