"""The values of the API as JSON Schema (OpenAPI 3.1)."""

from messaging.api import callback_schemas
from messaging.api.fields import ZONED
from messaging.api.reading import (
    CALLBACK_DATA,
    CORRELATION_ID,
    LONGEST_SENDER,
    LONGEST_VALIDITY,
    MOST_SENDERS,
    MOST_SLIDES,
    PURPOSES,
    RECEIPTS,
    SHORTEST_VALIDITY,
)
from messaging.api.schema_words import (
    COUNT,
    COUNTS,
    FLAG,
    ID,
    MOMENT,
    STATUS,
    TEXT,
    VALUES,
    VARIABLES,
    Schema,
    answer,
    asked,
    list_of,
    or_null,
    page_of,
    ref,
    row,
)
from messaging.code_words import Retry
from messaging.consent.opt_outs import LONGEST_WORDS
from messaging.content import KINDS
from messaging.gateway.codes import Where, Whose
from messaging.models import OptOut, TimelineEntry
from messaging.queueing import MOST_RECIPIENTS
from messaging.statuses import Via
from messaging.templates import LONGEST_NAME
from messaging.waiting import WAITS

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
_EVIDENCE: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS}
_TEMPLATE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_TEMPLATE = {
    "id": ID,
    "name": TEXT,
    "subject": TEXT,
    "version": COUNT,
    "slides": list_of({"type": "object"}),
    "updated_at": MOMENT,
}
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
    "Message": row(**_MESSAGE),
    "WholeMessage": row(**_MESSAGE, content={"type": "object"}, substitutions=VALUES, routing=list_of(ref("Route"))),
    "Progress": answer(
        id=ID,
        total=COUNT,
        counts=COUNTS,
        waiting={**COUNT, "description": "Not handed to a provider yet."},
        held={**COUNT, "description": "Of those that wait: kept here, by a pause, a canary or media being fitted."},
        settled={**COUNT, "description": "Nothing more is expected of these."},
        paused_at=or_null(MOMENT),
        cancelled_at=or_null(MOMENT),
        estimated_finish={**or_null(MOMENT), "description": "When the last will have left; null when nothing moves."},
    ),
    "Cancelled": answer(id=ID, cancelled=COUNT, counts=COUNTS),
    "Transaction": row(**_TRANSACTION),
    "WholeTransaction": row(**_TRANSACTION, waiting=or_null(ref("Wait")), timeline=list_of(ref("Moment"))),
    "Wait": row(
        code={"type": "string", "enum": [*WAITS], "description": "Why it waits; made for programs."},
        text={**TEXT, "description": "Why it waits, for people."},
        until={**or_null(MOMENT), "description": "When that ends by itself, or its turn comes, as far as is known."},
    ),
    "Moment": answer(
        at=MOMENT,
        kind=TEXT,
        source={"type": "string", "enum": list(TimelineEntry.Source.values)},
        code=TEXT,
        text=TEXT,
    ),
    "Sender": row(id=ID, address=TEXT, kind=TEXT, country=TEXT, provider=TEXT, account=TEXT, mms_enabled=FLAG),
    "Template": row(**_TEMPLATE),
    "WholeTemplate": row(**_TEMPLATE, content=ref("SavedContent"), variables=VARIABLES),
    "SavedContent": answer(
        subject=TEXT,
        slides=list_of({"type": "object"}),
        fallback=answer(text=TEXT, link=FLAG, disabled=FLAG),
    ),
    "SaveTemplate": asked(["name", "content"], name=_TEMPLATE_NAME, content=ref("Content"), variables=VARIABLES),
    "ChangeTemplate": asked(
        ["name", "content", "version"],
        name=_TEMPLATE_NAME,
        content=ref("Content"),
        variables=VARIABLES,
        version={"type": "integer", "minimum": 1, "description": "The version that this was made from."},
    ),
    "TemplateFit": answer(
        ok={**FLAG, "description": "Some provider of this key's senders takes it."},
        fits=list_of(answer(provider=TEXT, ok=FLAG)),
        findings=list_of(ref("Finding")),
    ),
    "OptOut": row(
        id=ID,
        number=TEXT,
        sender={**or_null(TEXT), "description": "Null: it holds for all senders."},
        source={"type": "string", "enum": list(OptOut.Source.values)},
        evidence=TEXT,
        created_at=MOMENT,
        lifted_at=or_null(MOMENT),
        lifted_why=TEXT,
    ),
    "EnterOptOut": asked(
        ["number", "evidence"],
        number={"type": "string", "minLength": 1, "maxLength": 64},
        sender={**_SENDER, "description": "The address or id of one of this key's senders; left out: all senders."},
        evidence={**_EVIDENCE, "description": "Who asked for it, when and how."},
    ),
    "LiftOptOut": asked(["evidence"], evidence={**_EVIDENCE, "description": "How the recipient asked for it."}),
    "Code": row(
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
    "OptOuts": page_of("OptOut"),
    **callback_schemas.COMPONENTS,
}
