"""What Skycore posts (skycore.md, sections 7 and 10): receipts, news of stored contents, what handsets send."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from secrets import token_hex
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from messaging.gateway.serving import Destination, Event, Notice, ReceivedMessage, Tenant
from messaging.providers.skycore.server.wordings import BY_EVENT, WORDINGS, Wording

# The provider's clock stands in the east of the USA.
ZONE = timezone(timedelta(hours=-5))
OPERATOR = "0001890"
HANDSET = "samsungs23"
AGGREGATOR = "40911-22003-51177-60928-10045"
CUT_OFF = b"<?xml version='1.0'?><POSTBACK><ORIGIN>MMS_MT</ORIGIN><CODE>N101"
FAULTS = {"": "N003", "audio": "E002", "video": "E003"}
NAMES = {"E012": "audio", "E013": "video", "E002": "audio", "E003": "video"}
TEMPLATE, INBOUND, SUBSCRIPTION = {"N003", "E002", "E003"}, {"N401", "N211"}, {"N301", "N302"}

Members = list[tuple[str, str]]


def report(
    message: ReceivedMessage, destination: Destination, ref: str, event: Event, tenant: Tenant, *, at: datetime
) -> Notice | None:
    """The receipt for an event; None when Skycore has no word for it: reading, clicks, carriers that report nothing."""
    if event is Event.MALFORMED:
        return Notice({"content-type": "text/xml; charset=utf-8"}, CUT_OFF)
    wording = BY_EVENT.get(event)
    return _receipt(wording, message, destination, ref, tenant, at) if wording else None


def report_with(
    message: ReceivedMessage, destination: Destination, ref: str, code: str, tenant: Tenant, *, at: datetime
) -> Notice | None:
    """The postback that carries a code, or a code with its word, as "E102 Expired"; None where there is none."""
    if code in SUBSCRIPTION:
        return _subscription(code, destination.recipient, message.sender, tenant, at)
    if code in INBOUND:
        files = ["https://mo.example.net/c/55d1/part-1.jpg"] if code == "N401" else []
        handset = destination.recipient
        return inbound(tenant, sender=handset, recipient=message.sender, text="Hello", files=files, at=at)
    if code in TEMPLATE:
        return _saved(code, message, message.saved_ref or stored_as(ref), tenant)
    wording = WORDINGS.get(code)
    return _receipt(wording, message, destination, ref, tenant, at) if wording else None


def report_saved(
    message: ReceivedMessage,
    ref: str,
    tenant: Tenant,
    *,
    fault: str,
    at: datetime,  # noqa: ARG001
) -> Notice | None:
    """N003, or E002, E003 for audio and video that could not be encoded; nothing else is encoded."""
    return _saved(FAULTS[fault], message, ref, tenant) if fault in FAULTS else None


def inbound(tenant: Tenant, *, sender: str, recipient: str, text: str, files: Sequence[str], at: datetime) -> Notice:
    """What a handset sent: N401 with its files and the first word of its text, or N211 with a text alone."""
    if not files:
        members = [
            ("ORIGIN", "SMS_MO"),
            ("CODE", "N211"),
            ("FROM", sender),
            ("TO", recipient),
            ("TEXT", text),
            ("RECEIVED", stamp(at)),
            ("TRANSACTIONID", token_hex(10).upper()),
        ]
        return _notice(members, tenant)
    members = [
        ("ORIGIN", "MMS_MO"),
        ("CODE", "N401"),
        ("FROM", sender),
        ("TO", recipient),
        ("KEYWORD", text.split()[0] if text.split() else ""),
        ("TRACKINGID", f"MMS_MO_{token_hex(4)}"),
        ("SPID", OPERATOR),
        ("TIMESTAMP", stamp(at)),
    ]
    return _notice(members, tenant, files)


def stored_as(ref: str) -> str:
    """The MMSID of the template that `sendMMS` stores as a side effect: told from its tracking id."""
    return ref.rpartition("_")[2][-9:].lstrip("0") or "1"


def stamp(at: datetime) -> str:
    """Seconds, with the offset of the provider's zone."""
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _receipt(
    wording: Wording, message: ReceivedMessage, destination: Destination, ref: str, tenant: Tenant, at: datetime
) -> Notice:
    stored = message.saved_ref or stored_as(ref)
    made_up = tenant.option("made_up", default=True)
    members = [
        ("ORIGIN", wording.origin),
        ("CODE", wording.code),
        ("SENTAS", wording.sent_as),
        ("STATUS", wording.status),
        ("MMSID", "" if wording.about_sms else stored),
    ]
    if wording.names_number:
        members += [("FROM", message.sender), ("TO", destination.recipient)]
    members.append(("TRACKINGID", ref))
    if wording.names_number and made_up:
        members.append(("SPID", OPERATOR))
    if wording.dated:
        members.append(("TIMESTAMP", stamp(at)))
    if wording.by_carrier and made_up:
        members += [("HANDSET", HANDSET if wording.code == "N102" else ""), ("AGGREGATORID", AGGREGATOR)]
    members += [("STATUSDETAILS", wording.details), *_file_name(wording.code, message)]
    return _notice(members, tenant)


def _saved(code: str, message: ReceivedMessage, ref: str, tenant: Tenant) -> Notice:
    return _notice([("ORIGIN", "MMS_MT"), ("CODE", code), ("MMSID", ref), *_file_name(code, message)], tenant)


def _file_name(code: str, message: ReceivedMessage) -> Members:
    kind = NAMES.get(code)
    if kind is None:
        return []
    url = next((medium.url for medium in message.media if medium.kind == kind), kind)
    return [(f"{kind.upper()}NAME", url.partition("?")[0].rpartition("/")[2])]


def _subscription(code: str, handset: str, sender: str, tenant: Tenant, at: datetime) -> Notice:
    members = [
        ("ORIGIN", "SUB"),
        ("CODE", code),
        ("MOBILE", handset),
        ("CAMPAIGNID", "2214"),
        # Seen with an offset of whole hours only.
        ("TIMESTAMP", stamp(at).removesuffix(":00")),
        ("SHORTCODE", sender),
        ("CAMPAIGNTITLE", "Sandbox"),
        ("BRANDNAME", "Example Co"),
        ("SOURCE", "MO"),
    ]
    return _notice(members, tenant)


def _notice(members: Members, tenant: Tenant, files: Sequence[str] = ()) -> Notice:
    """The postback as a bare document, or as a form where the account says so: neither is documented."""
    root = Element("POSTBACK")
    for name, value in members:
        if value:
            SubElement(root, name).text = value
    if files:
        content = SubElement(root, "CONTENT")
        for address in files:
            SubElement(content, "FILE").text = address
    body = b"<?xml version='1.0'?>\n" + tostring(root, encoding="utf-8")
    if tenant.option("postback_as_form", default=False):
        form = urlencode({"xml": body}).encode()
        return Notice({"content-type": "application/x-www-form-urlencoded"}, form)
    return Notice({"content-type": "text/xml; charset=utf-8"}, body)
