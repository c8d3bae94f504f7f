"""News and endpoints as JSON Schema, beside those of `schemas`."""

from messaging.api.schema_words import (
    COUNT,
    ID,
    MOMENT,
    TEXT,
    Schema,
    answer,
    asked,
    list_of,
    or_null,
    page_of,
    ref,
    row,
)
from messaging.callbacks.events import Event
from messaging.models import Callback, CallbackEndpoint, TimelineEntry
from messaging.statuses import Status, Via

EVENT: Schema = {"type": "string", "enum": [event.value for event in Event]}
STATE: Schema = {"type": "string", "enum": list(Callback.State.values)}
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
    "Callback": row(**_CALLBACK),
    "WholeCallback": row(**_CALLBACK, body={**TEXT, "description": "Byte for byte what is sent."}),
    "Callbacks": page_of("Callback"),
    "Endpoint": row(**_ENDPOINT),
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
