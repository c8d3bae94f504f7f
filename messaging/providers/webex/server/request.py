"""What a send request must look like: steps 4 to 11 of the order of checks (webex.md, section 7)."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NoReturn

from messaging.gateway.serving import Tenant
from messaging.providers.webex.server import fields
from messaging.providers.webex.server.errors import invalid, missing, reject

LARGEST = 256 * 1024
DESTINATIONS = 1000
SLIDES = 9
SUBJECT, SLIDE_TEXT, CALLBACK_DATA = 80, 5000, 2000
NUMBER = re.compile(r"\+?[1-9][0-9]{6,14}")
TYPES = frozenset({"image", "video", "audio", "ical", "pdf", "vcard", "text", "excel"})
RECEIPTS = frozenset({"SUBMITTED", "SENT", "DELIVERED", "READ", "CLICKED", "FAILED"})


def parse(body: bytes) -> dict[str, Any]:
    """The object in a body. Raises Rejected: 7022 for too many bytes, 7000 for anything but a JSON object."""
    if len(body) > LARGEST:
        reject("7022")
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        reject("7000")
    if not isinstance(value, dict):
        reject("7000")
    return value


def check(request: dict[str, Any], tenant: Tenant, *, now: datetime) -> None:
    """Steps 6 to 11, in that order. Raises Rejected with the first fault."""
    _required(request)
    _envelope(request, tenant, now)
    _destinations(request)
    _content(request)
    if request["from"] not in tenant.senders:
        reject("7101")
    if "template" in request and request["template"]["id"] not in tenant.templates:
        reject("7108")
    numbers = list(_numbers(request))
    if len(numbers) > min(DESTINATIONS, tenant.tps):
        reject("7009")
    for number in numbers:
        _number(number, tenant)
    _lengths(request)


def _required(request: dict[str, Any]) -> None:
    for name in ("channel", "from", "to"):
        if fields.is_empty(request.get(name)):
            missing(name)
    destinations = request["to"] if isinstance(request["to"], list) else []
    if any(isinstance(entry, dict) and fields.is_empty(entry.get("msisdn")) for entry in destinations):
        missing("to.msisdn")
    if request.get("template") is not None:
        return
    if request.get("content") is None:
        missing("content")
    if isinstance(request["content"], dict) and request["content"].get("attachments") is None:
        missing("content.attachments")


def _envelope(request: dict[str, Any], tenant: Tenant, now: datetime) -> None:
    if request["channel"] != "mms":
        invalid("channel")
    for name in ("from", "callbackData", "notifyUrl", "notifyUrlAuthId"):
        fields.text(request, name)
    fields.mapping(request, "options")
    fields.substitutions(request)
    if request.get("template") is not None and request.get("content") is not None:
        invalid("template")
    receipts = request.get("requestedReceipts") or []
    if not isinstance(receipts, list) or not all(isinstance(value, str) and value in RECEIPTS for value in receipts):
        invalid("requestedReceipts")
    if request.get("notifyUrl") and not fields.is_notify_url(request["notifyUrl"], tenant):
        invalid("notifyUrl")
    _times(request, now)
    _contact_policy(request)


def _times(request: dict[str, Any], now: datetime) -> None:
    if request.get("expireAt") and request.get("validity"):
        invalid("expireAt")
    for name in ("sendAt", "expireAt"):
        if request.get(name) and (when := fields.moment(request, name)) and when - now > timedelta(days=7):
            invalid(name)
    validity = request.get("validity")
    if validity in (None, ""):
        return
    if isinstance(validity, bool) or not re.fullmatch(r"[1-9][0-9]{0,9}", str(validity)):
        invalid("validity")


def _contact_policy(request: dict[str, Any]) -> None:
    policy = fields.mapping(request, "contactPolicy")
    flags = [policy.get("channelCheckConsent", False), policy.get("channelApplyFrequencyCap", False)]
    if not all(isinstance(flag, bool) for flag in flags):
        invalid("contactPolicy")
    if any(flags) and not policy.get("contactPolicyGroup"):
        invalid("contactPolicyGroup")


def _destinations(request: dict[str, Any]) -> None:
    if not isinstance(request["to"], list):
        invalid("to")
    for entry in request["to"]:
        if not isinstance(entry, dict):
            invalid("to")
        numbers = entry["msisdn"]
        if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
            invalid("to.msisdn")
        fields.text(entry, "correlationId")
        fields.substitutions(entry)


def _content(request: dict[str, Any]) -> None:
    if request.get("template") is not None:
        if not isinstance(request["template"], dict) or not isinstance(request["template"].get("id"), str):
            invalid("template")
        return
    content = fields.mapping(request, "content")
    for name in ("subject", "fallbacktext", "name"):
        fields.text(content, name)
    if not isinstance(content["attachments"], list):
        invalid("attachments")
    for attachment in content["attachments"]:
        if not isinstance(attachment, dict):
            invalid("attachments")
        _attachment(attachment)


def _attachment(attachment: dict[str, Any]) -> None:
    kind = attachment.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        reject("7126")
    fields.text(attachment, "messageText")
    if fields.text(attachment, "mediaUrl") and not fields.is_web_address(attachment["mediaUrl"]):
        invalid("mediaUrl")
    duration = attachment.get("duration")
    if duration is not None and (
        not isinstance(duration, int) or isinstance(duration, bool) or not 1 <= duration <= 60
    ):
        invalid("duration")


def _numbers(request: dict[str, Any]) -> Iterator[str]:
    for entry in request["to"]:
        yield from entry["msisdn"]


def _number(number: str, tenant: Tenant) -> None:
    trimmed = number.strip(" ")
    if not NUMBER.fullmatch(trimmed) or (tenant.option("strict_plus", default=True) and trimmed[0] != "+"):
        reject("7102")


def _lengths(request: dict[str, Any]) -> None:
    content = request.get("content") or {}
    attachments = content.get("attachments", [])
    texts = [attachment.get("messageText") or "" for attachment in attachments]
    too_long = (
        len(content.get("subject") or "") > SUBJECT
        or any(len(text) > SLIDE_TEXT for text in texts)
        or len(request.get("callbackData") or "") > CALLBACK_DATA
    )
    if too_long:
        reject("7107")
    if not content:
        return
    if not 1 <= len(attachments) <= SLIDES:
        invalid("attachments")
    if any(not attachment.get("messageText") and not attachment.get("mediaUrl") for attachment in attachments):
        invalid("attachments")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
