"""What Skycore posts, from the provider's chair: the client understands each of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.content import Content, Part, Slide
from messaging.gateway import serving
from messaging.gateway.facts import Inbound, Receipt, SavedNews, Unreadable
from messaging.gateway.serving import Destination, Event, Medium, ReceivedMessage, Tenant
from messaging.providers.skycore import client
from messaging.statuses import Status, Via

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HANDSET = "12065550142"
server = serving.server("skycore")
TENANT = server.DEMO
MESSAGE = ReceivedMessage("34343", (Destination(HANDSET),), Content("Autumn", "Offer", (Slide("Hi"),)))
VIDEO = "https://a.example/t/tour.mp4?x=1"
STORED = ReceivedMessage(
    "",
    (),
    Content("Autumn", "Offer", (Slide("", parts=(Part("video", url=VIDEO),)),)),
    (Medium("video", VIDEO),),
    save=True,
)

REF = "MMS_88120445"
OUTCOMES = [
    (Event.SUBMITTED, "N101", Status.SUBMITTED, Via.MMS),
    (Event.DELIVERED, "N102", Status.DELIVERED, Via.MMS),
    (Event.DELIVERED_AS_SMS, "N202", Status.DELIVERED, Via.SMS),
    (Event.EXPIRED, "E102 Expired", Status.EXPIRED, None),
    (Event.ADDRESS_NOT_FOUND, "E102 Failed", Status.FAILED, None),
    (Event.CONTENT_REFUSED, "E102 NotSupported", Status.FAILED, None),
    (Event.MEDIA_NOT_FETCHED, "E101", Status.FAILED, None),
    (Event.MEDIA_TOO_BIG, "E101", Status.FAILED, None),
    (Event.RECIPIENT_BLOCKED, "E102 Rejected", Status.FAILED, None),
    (Event.REJECTED, "E102 Rejected", Status.FAILED, None),
    (Event.UNKNOWN_CODE, "N777", None, Via.MMS),
]


def report(event: Event, tenant: Tenant = TENANT) -> Any:
    return server.report(MESSAGE, MESSAGE.destinations[0], REF, event, tenant, at=NOW)


@pytest.mark.parametrize(("event", "code", "state", "via"), OUTCOMES)
@pytest.mark.parametrize("as_form", [False, True])
def test_the_client_understands_every_event(
    event: Event, code: str, state: Status | None, via: Via | None, as_form: bool
) -> None:
    notice = report(event, replace(TENANT, options={"postback_as_form": as_form}))
    assert notice.body.startswith(b"xml=" if as_form else b"<?xml")
    [fact] = client.receipts(notice.body)
    assert isinstance(fact, Receipt)
    assert (fact.code, fact.state, fact.via, fact.provider_ref) == (code, state, via, REF)
    assert (fact.recipient, fact.sender, fact.client_ref) == (HANDSET, "34343", "")
    # E101 comes without its time (section 7.2).
    assert fact.at == (None if code == "E101" else NOW)


@pytest.mark.parametrize("event", [Event.READ, Event.CLICKED, Event.NO_REPORT])
def test_what_skycore_has_no_word_for_is_not_told(event: Event) -> None:
    assert report(event) is None


def test_a_malformed_receipt_cannot_be_read() -> None:
    with pytest.raises(Unreadable):
        client.receipts(report(Event.MALFORMED).body)


@pytest.mark.parametrize(
    ("fault", "news"),
    [
        ("", SavedNews("884213", True, "N003")),
        ("audio", SavedNews("884213", False, "E002", "audio")),
        ("video", SavedNews("884213", False, "E003", "tour.mp4")),
    ],
)
def test_news_of_a_stored_content_are_understood(fault: str, news: SavedNews) -> None:
    notice = server.report_saved(STORED, "884213", TENANT, fault=fault, at=NOW)
    assert notice
    assert client.receipts(notice.body) == [news]


def test_nothing_but_sound_and_video_fails_to_be_encoded() -> None:
    assert server.report_saved(STORED, "884213", TENANT, fault="image", at=NOW) is None


@pytest.mark.parametrize(
    ("text", "files", "kind", "seen"),
    [
        ("STOP", [], "sms", "STOP"),
        ("a < b & c", [], "sms", "a < b & c"),
        ("photo of it", ["https://a/1.jpg"], "mms", "photo"),
    ],
)
def test_a_handsets_message_arrives(text: str, files: list[str], kind: str, seen: str) -> None:
    notice = server.inbound(TENANT, sender=HANDSET, recipient="34343", text=text, files=files, at=NOW)
    [fact] = client.receipts(notice.body)
    assert isinstance(fact, Inbound)
    assert (fact.sender, fact.recipient, fact.kind, fact.text) == (f"+{HANDSET}", "34343", kind, seen)
    assert (fact.media_urls, fact.at, bool(fact.provider_ref)) == (tuple(files), NOW, True)
