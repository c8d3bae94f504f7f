"""What each operation takes and answers, for the published document (`extend_schema`)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse

from messaging.api.idempotency import LONGEST
from messaging.api.paging import LARGEST_PAGE, PAGING
from messaging.api.schemas import FLAG, ID, MOMENT, STATUS, TEXT, ref
from messaging.gateway.codes import Where

Operation = dict[str, Any]


def query(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    """A query parameter."""
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def path(name: str) -> OpenApiParameter:
    """An id in the address."""
    return OpenApiParameter(name, ID, OpenApiParameter.PATH)


def listing(name: str, *filters: OpenApiParameter) -> Operation:
    """A list of COMPONENTS' `name`, page by page."""
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}
    parameters = [
        *filters,
        query("limit", limit, "How many at once."),
        query("cursor", TEXT, "Opaque; follow `next` instead of making one."),
    ]
    return {"parameters": parameters, "responses": {200: OpenApiResponse(ref(name), description="One page.")}}


SHARED_FILTERS = [
    query("status", STATUS, "Only in this status; for messages: with a transaction in it."),
    query("sender", TEXT, "Only from this sender ID."),
    query("to", TEXT, "Only to this number."),
    query("created_after", MOMENT, "From this moment on, ISO 8601 with a zone."),
    query("created_before", MOMENT, "Before this moment, ISO 8601 with a zone."),
]
MESSAGE_FILTERS = (*PAGING, *(parameter.name for parameter in SHARED_FILTERS))
TRANSACTION_FILTERS = (*MESSAGE_FILTERS, "message")
CODE_FILTERS = ("provider", "where")

EXAMPLE_SEND = {
    "from": "34343",
    "to": [{"msisdn": "+16475550142", "correlation_id": "order-1881", "substitutions": {"area": "EC1M 4BH"}}],
    "substitutions": {"offer": "By1_Get1"},
    "content": {
        "name": "Spring offer",
        "subject": "Offer $(offer)",
        "slides": [{"text": "Hello $(area)", "duration": 5}],
        "fallback": {"text": "See $(offer)"},
    },
    "callback_data": "campaign=118",
}
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Makes a repeated request safe for 72 hours: the first answer is given again.",
)
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="There when this is the answer to an earlier copy of the request.",
    response=[201],
)

LIST_MESSAGES = {"operation_id": "messages_list", **listing("Messages", *SHARED_FILTERS)}
SEND_MESSAGE: Operation = {
    "operation_id": "messages_send",
    "parameters": [query("dry_run", FLAG, "Examine only: nothing is sent."), IDEMPOTENCY, REPLAYED],
    "request": OpenApiRequest(ref("Send"), examples=[OpenApiExample("One recipient", EXAMPLE_SEND, request_only=True)]),
    "responses": {
        200: OpenApiResponse(ref("DryRun"), description="What a dry run found."),
        201: OpenApiResponse(ref("Accepted"), description="Accepted; each recipient has a transaction."),
        409: OpenApiResponse(description="The first request with this Idempotency-Key is still running."),
        422: OpenApiResponse(description="Understood, but it cannot be sent; one entry per finding."),
    },
}
READ_MESSAGE: Operation = {
    "operation_id": "messages_read",
    "parameters": [path("message_id")],
    "responses": {200: OpenApiResponse(ref("WholeMessage"), description="The message.")},
}
CANCEL_MESSAGE: Operation = {
    "operation_id": "messages_cancel",
    "parameters": [path("message_id")],
    "request": OpenApiRequest({"type": "object", "additionalProperties": False}),
    "responses": {
        200: OpenApiResponse(ref("Cancelled"), description="How many transactions were withdrawn now."),
        409: OpenApiResponse(description="Nothing is left that could be withdrawn."),
    },
}
LIST_TRANSACTIONS = {
    "operation_id": "transactions_list",
    **listing("Transactions", *SHARED_FILTERS, query("message", ID, "Only of this message.")),
}
READ_TRANSACTION: Operation = {
    "operation_id": "transactions_read",
    "parameters": [path("transaction_id")],
    "responses": {200: OpenApiResponse(ref("WholeTransaction"), description="The transaction and its timeline.")},
}
LIST_SENDERS = {"operation_id": "senders_list", **listing("Senders")}
LIST_TEMPLATES = {"operation_id": "templates_list", **listing("Templates")}
LIST_CODES: Operation = {
    "operation_id": "codes_list",
    "parameters": [
        query("provider", TEXT, "Only of this provider."),
        query("where", {"type": "string", "enum": [place.value for place in Where]}, "Only answers, or receipts."),
    ],
    "responses": {200: OpenApiResponse(ref("Codes"), description="All of them, on one page.")},
}
