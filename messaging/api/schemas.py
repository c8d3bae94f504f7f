"""The values of the API as JSON Schema (OpenAPI 3.1), and how they get into the published document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from messaging.api.errors import CONTENT_TYPE, PLAIN
from messaging.api.fields import ZONED
from messaging.api.reading import (
    CALLBACK_DATA,
    CORRELATION_ID,
    LONGEST_SENDER,
    LONGEST_VALIDITY,
    MOST_SENDERS,
    MOST_SLIDES,
    MOST_VALUES,
    PURPOSES,
    RECEIPTS,
    SHORTEST_VALIDITY,
)
from messaging.code_words import Retry
from messaging.content import KINDS
from messaging.gateway.codes import Where, Whose
from messaging.models import TimelineEntry
from messaging.queueing import MOST_RECIPIENTS
from messaging.statuses import Status, Via

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
STATUS: Schema = {"type": "string", "enum": [status.value for status in Status]}
VALUES: Schema = {
    "type": "object",
    "maxProperties": MOST_VALUES,
    "additionalProperties": TEXT,
    "propertyNames": {"pattern": "^[A-Za-z0-9_]{1,64}$"},
}
COUNTS: Schema = {"type": "object", "propertyNames": STATUS, "additionalProperties": COUNT}


def ref(name: str) -> Schema:
    """A reference to one of COMPONENTS."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema, **more: Any) -> Schema:
    """An array of one kind of value."""
    return {"type": "array", "items": schema, **more}


def answer(**members: Schema) -> Schema:
    """An object that we send: every member is there."""
    return {"type": "object", "properties": members, "required": list(members)}


def asked(required: list[str], **members: Schema) -> Schema:
    """An object that callers send: other members are refused, optional ones may be null."""
    given = {name: schema if name in required else or_null(schema) for name, schema in members.items()}
    return {"type": "object", "properties": given, "required": required, "additionalProperties": False}


def page_of(name: str) -> Schema:
    """One page of a list."""
    return answer(next=or_null({"type": "string", "format": "uri"}), results=list_of(ref(name)))


_WRITTEN_MOMENT = {"type": "string", "format": "date-time", "pattern": f"^{ZONED.pattern}$".replace(r"\d", "[0-9]")}
_FAULT = {
    "pointer": {**TEXT, "description": "JSON pointer into the body, or the name of a header or query parameter."},
    "code": {**TEXT, "description": "Stable; made for programs."},
    "message": {**TEXT, "description": "Made for people."},
    "limit": or_null({"type": "integer"}),
    "actual": or_null({"type": "integer"}),
    "fix": {**TEXT, "description": "How to mend it."},
}
_TRANSACTION = {
    "id": ID,
    "message": ID,
    "to": TEXT,
    "status": STATUS,
    "via": or_null({"type": "string", "enum": [via.value for via in Via]}),
    "correlation_id": TEXT,
    "sender": {**TEXT, "description": "The sender ID that carries it now."},
    "provider": TEXT,
    "provider_ref": TEXT,
    "reason": or_null(ref("Reason")),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_MESSAGE = {
    "id": ID,
    "name": TEXT,
    "from": TEXT,
    "purpose": {"type": "string", "enum": list(PURPOSES)},
    "total": COUNT,
    "counts": COUNTS,
    "send_at": or_null(MOMENT),
    "expire_at": or_null(MOMENT),
    "created_at": MOMENT,
    "notify_url": TEXT,
    "callback_data": TEXT,
    "requested_receipts": list_of({"type": "string", "enum": list(RECEIPTS)}),
}
_SENDER: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_SENDER}
_MEDIUM = asked(
    [],
    asset={**TEXT, "description": "The id of a file uploaded to /api/v1/media by this key."},
    url={"type": "string", "format": "uri", "description": "Where the file lies."},
    host={
        "type": "string",
        "enum": ["ours", "caller"],
        "description": "ours: fetched, checked and served by us. caller: passed on to the provider as given.",
    },
)

COMPONENTS: dict[str, Schema] = {
    "Problem": answer(
        type={"type": "string", "format": "uri"},
        title=TEXT,
        status={"type": "integer"},
        code=TEXT,
        errors=list_of(ref("Fault")),
    ),
    "Fault": {"type": "object", "properties": _FAULT, "required": list(_FAULT)},
    "Reason": answer(code=TEXT, text=TEXT, next_step=TEXT),
    "Finding": answer(
        **_FAULT,
        severity={"type": "string", "enum": ["blocks", "advises"]},
        providers=list_of(TEXT),
        provider_codes={"type": "object", "additionalProperties": TEXT},
    ),
    "Medium": _MEDIUM,
    "Slide": asked(
        [],
        text={"type": "string", "maxLength": 5000},
        duration={"type": "integer", "minimum": 1, "maximum": 60, "description": "Seconds on screen."},
        **{kind: ref("Medium") for kind in KINDS},
    ),
    "Content": asked(
        [],
        name={**TEXT, "description": "Internal; the recipient does not see it."},
        subject=TEXT,
        slides=list_of(ref("Slide"), maxItems=MOST_SLIDES),
        fallback=asked([], text=TEXT, link=FLAG, link_expires_at=_WRITTEN_MOMENT, disabled=FLAG),
    ),
    "Recipient": asked(
        ["msisdn"],
        msisdn={"type": "string", "maxLength": 64, "minLength": 1},
        correlation_id={"type": "string", "maxLength": CORRELATION_ID},
        substitutions=VALUES,
    ),
    "Send": asked(
        ["from", "to"],
        **{
            "from": {
                "anyOf": [_SENDER, list_of(_SENDER, minItems=1, maxItems=MOST_SENDERS, uniqueItems=True)],
                "description": "A sender ID or its id, a list by preference, or any: whichever suits the message.",
            }
        },
        to=list_of({"anyOf": [TEXT, ref("Recipient")]}, minItems=1, maxItems=MOST_RECIPIENTS),
        substitutions=VALUES,
        content=ref("Content"),
        template=ID,
        purpose={"type": "string", "enum": list(PURPOSES)},
        send_at=_WRITTEN_MOMENT,
        expire_at=_WRITTEN_MOMENT,
        validity={
            "type": "integer",
            "minimum": SHORTEST_VALIDITY,
            "maximum": LONGEST_VALIDITY,
            "description": "Seconds from the moment of sending; instead of expire_at.",
        },
        notify_url={"type": "string", "format": "uri", "maxLength": 2048},
        callback_data={"type": "string", "maxLength": CALLBACK_DATA},
        requested_receipts=list_of({"type": "string", "enum": list(RECEIPTS)}, uniqueItems=True),
        fit_media={"type": "boolean", "default": True},
    ),
    "Accepted": answer(
        id=ID,
        transactions=list_of(
            {
                "type": "object",
                "properties": {
                    "id": ID,
                    "to": TEXT,
                    "status": STATUS,
                    "correlation_id": TEXT,
                    "sender": TEXT,
                    "provider": TEXT,
                    "reason": ref("Reason"),
                },
                "required": ["id", "to", "status", "correlation_id", "sender", "provider"],
            }
        ),
        findings=list_of(ref("Finding")),
        routing=list_of(ref("Route")),
    ),
    "DryRun": answer(
        ok=FLAG,
        findings=list_of(ref("Finding")),
        routing=list_of(ref("Route")),
        recipients=answer(accepted=COUNT, held_back=list_of(answer(pointer=TEXT, code=TEXT))),
    ),
    "Route": answer(account=TEXT, provider=TEXT, sender=TEXT, eligible=FLAG, reasons=list_of(TEXT), recipients=COUNT),
    "Message": answer(**_MESSAGE),
    "WholeMessage": answer(**_MESSAGE, content={"type": "object"}, substitutions=VALUES, routing=list_of(ref("Route"))),
    "Cancelled": answer(id=ID, cancelled=COUNT, counts=COUNTS),
    "Transaction": answer(**_TRANSACTION),
    "WholeTransaction": answer(**_TRANSACTION, timeline=list_of(ref("Moment"))),
    "Moment": answer(
        at=MOMENT,
        kind=TEXT,
        source={"type": "string", "enum": list(TimelineEntry.Source.values)},
        code=TEXT,
        text=TEXT,
    ),
    "Sender": answer(id=ID, address=TEXT, kind=TEXT, country=TEXT, provider=TEXT, account=TEXT, mms_enabled=FLAG),
    "Template": answer(
        id=ID, name=TEXT, subject=TEXT, version=COUNT, slides=list_of({"type": "object"}), updated_at=MOMENT
    ),
    "Code": answer(
        **{"class": TEXT},
        provider=TEXT,
        code=TEXT,
        where={"type": "string", "enum": [place.value for place in Where]},
        meaning=TEXT,
        whose={"type": "string", "enum": [owner.value for owner in Whose]},
        next_step=TEXT,
        effect={**TEXT, "description": "What the portal does on it."},
        retry={
            "type": "string",
            "enum": [one.value for one in Retry],
            "description": "Whether sending the same message once more can help.",
        },
        mapped={**FLAG, "description": "Explained by an administrator, not by the provider."},
    ),
    "Messages": page_of("Message"),
    "Transactions": page_of("Transaction"),
    "Senders": page_of("Sender"),
    "Templates": page_of("Template"),
    "Codes": page_of("Code"),
}
# What any call can be answered, and what a call with a body can be answered besides.
ANY_CALL, WITH_BODY = (400, 401, 403, 404, 406, 429, 500, 503), (413, 415)


class ServiceKeys(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways in, for the published document."""

    target_class = "messaging.api.authentication.ServiceAuthentication"
    name = ["key", "token"]

    def get_security_definition(self, auto_schema: Any) -> list[Schema]:  # noqa: ARG002 (drf-spectacular's signature)
        return [
            {"type": "apiKey", "in": "header", "name": "key", "description": "The key, mms_live_..., as issued."},
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "HS256 over the base64-decoded JWT secret of the key; `iss` is the key's prefix, `iat` "
                "lies at most 24 hours back. With both, the token decides.",
            },
        ]


def complete(result: Schema, **_more: Any) -> Schema:
    """The last hook of drf-spectacular: adds COMPONENTS, and to each operation the refusals that any of them knows."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(COMPONENTS)
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                _add_refusals(operation)
    return result


def _add_refusals(operation: Schema) -> None:
    # Either way in will do; drf-spectacular would ask for both.
    operation["security"] = [{"key": []}, {"token": []}]
    statuses = ANY_CALL + (WITH_BODY if "requestBody" in operation else ())
    for status in statuses:
        operation["responses"][str(status)] = refusal(PLAIN[status][1])
    for status, response in operation["responses"].items():
        if status.startswith(("4", "5")) and "content" not in response:
            response.update(refusal(response.get("description", "")))


def refusal(description: str) -> Schema:
    """A response that is a problem."""
    return {"description": description, "content": {CONTENT_TYPE: {"schema": ref("Problem")}}}
