"""The last touch to the published document: components, and the answers that any call may get."""

from typing import Any

from django.conf import settings

from messaging.api.errors import CONTENT_TYPE, PLAIN
from messaging.api.samples import LANGUAGES, operations, samples
from messaging.api.schema_words import EMPTY, Schema, ref
from messaging.api.schemas import COMPONENTS

# Said by the web server itself, before the portal has seen anything.
TOO_LONG: Schema = {
    "description": "The address is longer than the web server reads (4 KB).",
    "content": {"text/html": {"schema": {"type": "string"}}},
}
# What any call can be answered, and what a call with a body can be answered besides.
ANY_CALL, WITH_BODY = (400, 401, 403, 404, 406, 429, 500, 503), (411, 413, 415)

_STEERED = ("messages_read", "messages_progress", "messages_pause", "messages_resume", "messages_cancel")
_TEMPLATE, _MEDIA = ("templates_read", "templates_change"), ("media_retrieve", "media_describe", "media_archive")
_ENDPOINT = ("endpoints_read", "endpoints_verify", "endpoints_renew_secret", "endpoints_switch_off")
_FIRST = "/results/0/id"
# By operation: in which answer an id stands, where, and which operations take it as which parameter.
LINKS: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    "messages_send": (
        ("201", "/id", "message_id", _STEERED),
        ("201", "/transactions/0/id", "transaction_id", ("transactions_read",)),
    ),
    "messages_list": (("200", _FIRST, "message_id", _STEERED),),
    "transactions_list": (("200", _FIRST, "transaction_id", ("transactions_read",)),),
    "senders_list": (("200", _FIRST, "sender_id", ("senders_read",)),),
    "templates_list": (("200", _FIRST, "template_id", _TEMPLATE),),
    "templates_save": (("201", "/id", "template_id", _TEMPLATE),),
    "opt_outs_list": (("200", _FIRST, "opt_out_id", ("opt_outs_read", "opt_outs_lift")),),
    "opt_outs_enter": (("201", "/id", "opt_out_id", ("opt_outs_read", "opt_outs_lift")),),
    "callbacks_list": (("200", _FIRST, "callback_id", ("callbacks_read", "callbacks_replay")),),
    "endpoints_register": (("201", "/id", "endpoint_id", _ENDPOINT),),
    "endpoints_list": (("200", _FIRST, "endpoint_id", _ENDPOINT),),
    "media_list": (("200", _FIRST, "asset_id", _MEDIA),),
    "media_create": (("201", "/id", "asset_id", _MEDIA),),
    "media_upload_start": (("201", "/id", "upload_id", ("media_upload_finish",)),),
    "media_upload_finish": (("200", "/id", "asset_id", _MEDIA),),
}
IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer: 304 without a body when it still stands.",
    # What is no tag matches none, and is no fault (RFC 9110, 13.1.2).
    "schema": {"type": "string"},
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
                _add_links(operation)
    for operation, asked in operations(result):
        operation["x-codeSamples"] = [
            {"lang": LANGUAGES[language], "label": language, "source": source}
            for language, source in samples(asked, settings.PUBLIC_BASE_URL).items()
        ]
    return result


def _add_links(operation: Schema) -> None:
    """Where an answer leads: each operation that takes the id it names."""
    for status, pointer, parameter, targets in LINKS.get(operation["operationId"], ()):
        links = operation["responses"][status].setdefault("links", {})
        for target in targets:
            links[target] = {"operationId": target, "parameters": {parameter: f"$response.body#{pointer}"}}


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
    operation["responses"]["414"] = TOO_LONG
    for status, response in operation["responses"].items():
        if status.startswith(("4", "5")) and "content" not in response:
            response.update(refusal(response.get("description", "")))


def refusal(description: str) -> Schema:
    """A response that is a problem."""
    return {"description": description, "content": {CONTENT_TYPE: {"schema": ref("Problem")}}}
