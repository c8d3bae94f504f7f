"""The last touch to the published document: components, and the answers that any call may get."""

from typing import Any

from messaging.api.errors import CONTENT_TYPE, PLAIN
from messaging.api.schema_words import EMPTY, Schema, ref
from messaging.api.schemas import COMPONENTS

# What any call can be answered, and what a call with a body can be answered besides.
ANY_CALL, WITH_BODY = (400, 401, 403, 404, 406, 429, 500, 503), (413, 415)

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer: 304 without a body when it still stands.",
    "schema": {"type": "string", "pattern": '^(W/)?"[!#-~]{1,80}"$'},
}


def complete(result: Schema, **_more: Any) -> Schema:
    """The last hook of drf-spectacular: adds COMPONENTS, and to each operation the refusals that any of them knows."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(COMPONENTS)
    # Every member of a file is there, unless `fields` names some of them.
    schemas["Asset"].pop("required", None)
    result["components"].setdefault("parameters", {})["IfNoneMatch"] = IF_NONE_MATCH
    for path in result["paths"].values():
        for method, operation in path.items():
            if isinstance(operation, dict) and "responses" in operation:
                _add_refusals(operation)
                _demand_body(operation)
                if method == "get":
                    _add_tag(operation)
    return result


def _demand_body(operation: Schema) -> None:
    """A body may be left out only where it says nothing."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if content["schema"] != EMPTY:
            operation["requestBody"]["required"] = True


def _add_tag(operation: Schema) -> None:
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
    for status, response in operation["responses"].items():
        if status == "200":
            response.setdefault("headers", {})["ETag"] = {"schema": {"type": "string"}, "required": True}
    operation["responses"]["304"] = {"description": "Nothing has changed since the answer with that ETag."}


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
