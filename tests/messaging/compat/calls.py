"""Good calls in each of the four formats, and how to spoil them."""

import copy
import json
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

HOST = "https://files.example.org"
IMAGE = f"{HOST}/a.jpg"
WEBEX: dict[str, Any] = {
    "channel": "mms",
    "from": "34343",
    "to": [{"msisdn": ["+16475550100"], "correlationId": "order-1881"}],
    "content": {
        "subject": "Autumn",
        "fallbacktext": "Autumn offer",
        "name": "autumn",
        "attachments": [{"type": "image", "messageText": "Look", "mediaUrl": IMAGE, "duration": 5}],
    },
}
TELESIGN: dict[str, Any] = {
    "channels": [{"channel": "mms", "fallback_time": 300}, {"channel": "sms"}],
    "phone_number": "16475550100",
    "message": {
        "mms": {"template": "image", "parameters": {"url": IMAGE}},
        "sms": {"template": "text", "parameters": {"text": "Autumn offer"}},
    },
    "message_type": "MKT",
    "external_id": "order-1881",
}
SINCH: dict[str, Any] = {
    "action": "sendmms",
    "service-id": "SVC-1",
    "to": "16475550100",
    "from": "34343",
    "message-subject": "Autumn",
    "fallback-sms-text": "Autumn offer",
    "client-reference": "order-1881",
    "slide": [{"image": {"url": IMAGE}, "message-text": "Look"}],
}
SKYCORE: dict[str, Any] = {
    "ACTION": "sendMMS",
    "TO": "16475550100",
    "FROM": "34343",
    "SUBJECT": "Autumn",
    "NAME": "autumn",
    "SLIDE": [{"IMAGE": {"URL": IMAGE}, "TEXT": "Look", "DURATION": "5"}],
}
GOOD = {"webex": WEBEX, "telesign": TELESIGN, "sinch": SINCH, "skycore": SKYCORE}
Change = Callable[[dict[str, Any]], object]


def body(provider: str, key: str, change: Change = lambda _call: None) -> bytes:
    """A good call after a change, as it goes over the wire; the Skycore one with its key inside."""
    call = copy.deepcopy(GOOD[provider])
    if provider == "skycore":
        call["API_KEY"] = key
    change(call)
    return _xml(call) if provider == "skycore" else json.dumps(call).encode()


def put(value: object, *path: str | int) -> Change:
    """A change that puts a value at a place."""

    def change(call: Any) -> None:
        for step in path[:-1]:
            call = call[step]
        call[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """A change that takes away what stands at a place."""

    def change(call: Any) -> None:
        for step in path[:-1]:
            call = call[step]
        del call[path[-1]]

    return change


def _xml(call: dict[str, Any]) -> bytes:
    root = Element("REQUEST")
    _fill(root, call)
    return tostring(root)


def _fill(element: Element, members: dict[str, Any]) -> None:
    for name, value in members.items():
        for one in value if isinstance(value, list) else [value]:
            child = SubElement(element, name)
            if isinstance(one, dict):
                _fill(child, one)
            else:
                child.text = str(one)
