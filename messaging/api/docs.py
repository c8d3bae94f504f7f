"""What each operation takes and answers, for the published document (`extend_schema`)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse

from messaging.api.idempotency import LONGEST
from messaging.api.paging import LARGEST_PAGE, PAGING
from messaging.api.schema_words import EMPTY, FLAG, ID, MOMENT, STATUS, TEXT, ref
from messaging.api.schemas import COMPONENTS
from messaging.api.sparse import FIELDS
from messaging.gateway.codes import Where

Operation = dict[str, Any]


def query(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    """A query parameter."""
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def path(name: str) -> OpenApiParameter:
    """An id in the address."""
    return OpenApiParameter(name, ID, OpenApiParameter.PATH)


def _fields(component: str) -> OpenApiParameter:
    name = f"({'|'.join(COMPONENTS[component]['properties'])})"
    schema = {"type": "string", "pattern": f"^{name}(,{name})*$", "maxLength": 200}
    return query(FIELDS, schema, "Only these members of each row, by commas.")


def read(name: str, *, of: str, component: str, description: str) -> Operation:
    """One row by its id; `fields` may thin it out."""
    return {
        "operation_id": name,
        "parameters": [path(of), _fields(component)],
        "responses": {200: OpenApiResponse(ref(component), description=description)},
    }


def _steer(name: str, component: str, done: str, refused: str) -> Operation:
    """A message by its id, told to do something; the body is empty."""
    return {
        "operation_id": name,
        "parameters": [path("message_id")],
        "request": OpenApiRequest(EMPTY),
        "responses": {
            200: OpenApiResponse(ref(component), description=done),
            409: OpenApiResponse(description=refused),
        },
    }


def listing(name: str, *filters: OpenApiParameter) -> Operation:
    """A list of COMPONENTS' `name`, page by page."""
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50}
    parameters = [
        *filters,
        _fields(COMPONENTS[name]["properties"]["results"]["items"]["$ref"].rpartition("/")[2]),
        query("limit", limit, "How many at once."),
        query("cursor", TEXT, "Opaque; follow `next` instead of making one."),
    ]
    return {"parameters": parameters, "responses": {200: OpenApiResponse(ref(name), description="One page.")}}


BETWEEN = [
    query("created_after", MOMENT, "From this moment on, ISO 8601 with a zone."),
    query("created_before", MOMENT, "Before this moment, ISO 8601 with a zone."),
]
SHARED_FILTERS = [
    query("status", STATUS, "Only in this status; for messages: with a transaction in it."),
    query("sender", TEXT, "Only from this sender ID."),
    query("to", TEXT, "Only to this number."),
    *BETWEEN,
]
OPT_OUT_QUERY = [
    query("number", TEXT, "Only of this number."),
    query("sender", TEXT, "Only what holds this sender ID."),
    query("standing", FLAG, "Only those that stand, or only those that were lifted."),
    *BETWEEN,
]
MESSAGE_FILTERS = (*PAGING, FIELDS, *(parameter.name for parameter in SHARED_FILTERS))
TRANSACTION_FILTERS = (*MESSAGE_FILTERS, "message")
CODE_FILTERS = ("provider", "where", FIELDS)
OPT_OUT_FILTERS = (*PAGING, FIELDS, *(parameter.name for parameter in OPT_OUT_QUERY))

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
EXAMPLE_TEMPLATE = {
    "name": "Spring offer",
    "content": {"subject": "Spring offer", "slides": [{"text": "Hello $(area)"}], "fallback": {"text": "Hello"}},
    "variables": {"area": {"sample": "EC1M 4BH", "about": "post code"}},
}
EXAMPLE_OPT_OUT = {"number": "+16475550142", "sender": "34343", "evidence": "By telephone on 3 November."}
EXAMPLE_LIFT = {"evidence": "Signed up again on the web form on 9 November."}
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
READ_MESSAGE = read("messages_read", of="message_id", component="WholeMessage", description="The message.")
READ_PROGRESS: Operation = {
    "operation_id": "messages_progress",
    "parameters": [path("message_id")],
    "responses": {200: OpenApiResponse(ref("Progress"), description="How far it is.")},
}
PAUSE_MESSAGE = _steer("messages_pause", "Progress", "It is paused.", "The message was cancelled.")
RESUME_MESSAGE = _steer("messages_resume", "Progress", "It goes on.", "The message was cancelled.")
CANCEL_MESSAGE = _steer(
    "messages_cancel", "Cancelled", "How many transactions were withdrawn now.", "Nothing is left to withdraw."
)
LIST_TRANSACTIONS = {
    "operation_id": "transactions_list",
    **listing("Transactions", *SHARED_FILTERS, query("message", ID, "Only of this message.")),
}
READ_TRANSACTION = read(
    "transactions_read",
    of="transaction_id",
    component="WholeTransaction",
    description="The transaction and its timeline.",
)
LIST_SENDERS = {"operation_id": "senders_list", **listing("Senders")}
READ_SENDER = read("senders_read", of="sender_id", component="Sender", description="The sender ID.")
LIST_TEMPLATES = {"operation_id": "templates_list", **listing("Templates")}
READ_TEMPLATE = read(
    "templates_read", of="template_id", component="WholeTemplate", description="The template and all it says."
)
DRY_SAVE = query("dry_run", FLAG, "Examine only: nothing is saved.")
TAKEN = OpenApiResponse(description="Another template has this name, or this one has changed since.")
UNSAVABLE = OpenApiResponse(description="Understood, but it cannot be saved; one entry per finding.")
SAVE_TEMPLATE: Operation = {
    "operation_id": "templates_save",
    "parameters": [DRY_SAVE],
    "request": OpenApiRequest(
        ref("SaveTemplate"), examples=[OpenApiExample("A template", EXAMPLE_TEMPLATE, request_only=True)]
    ),
    "responses": {
        200: OpenApiResponse(ref("TemplateFit"), description="What each provider makes of it (dry run)."),
        201: OpenApiResponse(ref("WholeTemplate"), description="Saved as version 1."),
        409: TAKEN,
        422: UNSAVABLE,
    },
}
CHANGE_TEMPLATE: Operation = {
    "operation_id": "templates_change",
    "parameters": [path("template_id"), DRY_SAVE],
    "request": OpenApiRequest(
        ref("ChangeTemplate"),
        examples=[OpenApiExample("The next version", EXAMPLE_TEMPLATE | {"version": 1}, request_only=True)],
    ),
    "responses": {
        200: OpenApiResponse(
            {"anyOf": [ref("WholeTemplate"), ref("TemplateFit")]},
            description="The next version; of a dry run, what each provider makes of it.",
        ),
        409: TAKEN,
        422: UNSAVABLE,
    },
}
LIST_OPT_OUTS = {"operation_id": "opt_outs_list", **listing("OptOuts", *OPT_OUT_QUERY)}
READ_OPT_OUT = read("opt_outs_read", of="opt_out_id", component="OptOut", description="The opt-out.")
ENTER_OPT_OUT: Operation = {
    "operation_id": "opt_outs_enter",
    "request": OpenApiRequest(
        ref("EnterOptOut"), examples=[OpenApiExample("By telephone", EXAMPLE_OPT_OUT, request_only=True)]
    ),
    "responses": {
        200: OpenApiResponse(ref("OptOut"), description="It stands already."),
        201: OpenApiResponse(ref("OptOut"), description="Entered; nothing more is sent to the number."),
    },
}
LIFT_OPT_OUT: Operation = {
    "operation_id": "opt_outs_lift",
    "parameters": [path("opt_out_id")],
    "request": OpenApiRequest(
        ref("LiftOptOut"), examples=[OpenApiExample("Asked for again", EXAMPLE_LIFT, request_only=True)]
    ),
    "responses": {200: OpenApiResponse(ref("OptOut"), description="Lifted; it stays as history.")},
}
LIST_CODES: Operation = {
    "operation_id": "codes_list",
    "parameters": [
        query("provider", TEXT, "Only of this provider."),
        query("where", {"type": "string", "enum": [place.value for place in Where]}, "Only answers, or receipts."),
        _fields("Code"),
    ],
    "responses": {200: OpenApiResponse(ref("Codes"), description="All of them, on one page.")},
}
