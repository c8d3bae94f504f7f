"""The words that the published document is written in: plain values, and objects sent or asked for (OpenAPI 3.1)."""

from typing import Any

from messaging.api.reading import MOST_VALUES
from messaging.statuses import Status
from messaging.templates import LONGEST_ABOUT, LONGEST_SAMPLE, MOST_VARIABLES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
EMPTY: Schema = {"type": "object", "additionalProperties": False}
MOMENT: Schema = {"type": "string", "format": "date-time"}
STATUS: Schema = {"type": "string", "enum": [status.value for status in Status]}
VALUES: Schema = {
    "type": "object",
    "maxProperties": MOST_VALUES,
    "additionalProperties": TEXT,
    "propertyNames": {"pattern": "^[A-Za-z0-9_]{1,64}$"},
}
VARIABLES: Schema = {
    "type": "object",
    "description": "What the placeholders mean, and an example of each.",
    "maxProperties": MOST_VARIABLES,
    "propertyNames": {"pattern": "^[A-Za-z0-9_]{1,64}$"},
    "additionalProperties": {
        "type": "object",
        "properties": {
            "sample": {"type": "string", "maxLength": LONGEST_SAMPLE},
            "about": {"type": "string", "maxLength": LONGEST_ABOUT},
        },
        "additionalProperties": False,
    },
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


def row(**members: Schema) -> Schema:
    """An object that we send: every member is there, unless `fields` names some of them."""
    return {"type": "object", "properties": members}


def asked(required: list[str], **members: Schema) -> Schema:
    """An object that callers send: other members are refused, optional ones may be null."""
    given = {name: schema if name in required else or_null(schema) for name, schema in members.items()}
    return {"type": "object", "properties": given, "required": required, "additionalProperties": False}


def page_of(name: str) -> Schema:
    """One page of a list."""
    return answer(next=or_null({"type": "string", "format": "uri"}), results=list_of(ref(name)))
