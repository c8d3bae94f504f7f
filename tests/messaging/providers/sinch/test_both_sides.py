"""What our client writes the server reads, content for content; what the server says our client understands."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import serving
from messaging.gateway.codes import Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage
from messaging.gateway.errors import BY_CLASS, NotAccepted, SendError
from messaging.gateway.facts import Inbound, Receipt, SavedNews
from messaging.gateway.serving import Call, Event, ReceivedMessage, Rejected, SavedContent
from messaging.providers.sinch import client, saving
from messaging.providers.sinch.codes import CODES
from messaging.statuses import Status, Via
from tests.messaging.providers.desks import MadeDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
server = serving.server("sinch")
TENANT = server.DEMO
ACCOUNT = Account(
    "a-1",
    "sinch",
    "https://api.example.org/ep/v2",
    {name: values[0] for name, values in TENANT.credentials.items()},
)


def part(kind: str) -> Part:
    return Part(kind, url=f"https://media.example.org/{kind}", host="caller")


EVERYTHING = Content(
    "",
    "Offer",
    (
        Slide("Look", parts=(part("image"), part("audio"))),
        Slide("", parts=(part("video"),)),
        Slide("Call us", parts=(part("contact"),)),
        Slide("Come", parts=(part("calendar"),)),
        Slide("", parts=(part("pdf"),)),
        Slide("Two\nlines, “quotes” and 😀"),
    ),
    FallbackSms("Hello", link=True, link_expires_at="2026-12-15T00:00:00Z"),
)
CONTENTS = [
    EVERYTHING,
    replace(EVERYTHING, fallback=FallbackSms("Hello")),
    Content("", "", (Slide("Just words"),), FallbackSms("Hello")),
    Content("", "Offer", (Slide("x", parts=(part("image"),)),), FallbackSms(disabled=True, link=True)),
]


def message(content: Content = EVERYTHING, **more: Any) -> OutboundMessage:
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", "+12065550142", content, **more)


def taken(request: HttpRequest, desk: MadeDesk | None = None) -> ReceivedMessage:
    path = request.url.removeprefix("https://api.example.org")
    call = Call(request.method, path, dict(request.headers), request.body, "127.0.0.1")
    desk = desk or MadeDesk()
    server.route(call)
    server.authenticate(call, TENANT, desk, now=NOW)
    return server.read(call, TENANT, desk, now=NOW)


@pytest.fixture
def received() -> ReceivedMessage:
    return taken(client.build(ACCOUNT, message(), now=NOW))


@pytest.mark.parametrize("content", CONTENTS)
def test_a_message_arrives_as_it_was_written(content: Content) -> None:
    received = taken(client.build(ACCOUNT, message(content, validity=10**9), now=NOW))
    assert received.content == content
    assert received.sender == "34343"
    [destination] = received.destinations
    assert (destination.recipient, destination.client_ref) == ("12065550142", "01J9Z6Q2M40001EXAMPLE00000")
    ref, answer = server.accept(received, now=NOW)
    assert client.read(answer).provider_ref == ref


def test_a_content_is_stored_and_then_sent() -> None:
    named = replace(EVERYTHING, name="autumn-v1")
    stored = taken(saving.build_save(ACCOUNT, message(named), now=NOW))
    assert (stored.save, stored.content) == (True, named)
    ref, answer = server.accept(stored, now=NOW)
    assert saving.read_save(answer, message(named)).saved_ref == ref
    desk = MadeDesk(contents={ref: SavedContent(ref, stored)})
    sent = taken(client.build(ACCOUNT, message(named, saved_ref=ref), now=NOW), desk)
    assert (sent.saved_ref, sent.content, sent.media) == (ref, named, stored.media)
    tracking, answer = server.accept(sent, now=NOW)
    assert client.read(answer).provider_ref == tracking


def test_a_content_still_encoding_is_waited_for() -> None:
    stored = taken(saving.build_save(ACCOUNT, message(), now=NOW))
    desk = MadeDesk(contents={"884213": SavedContent("884213", stored, ready=False)})
    with pytest.raises(Rejected) as rejected:
        taken(client.build(ACCOUNT, message(saved_ref="884213"), now=NOW), desk)
    with pytest.raises(NotAccepted) as caught:
        client.read(rejected.value.answer)
    assert (caught.value.code, caught.value.retry_after) == ("E626", 60.0)


@pytest.mark.parametrize("fault", ["", "audio", "video", "image"])
def test_news_of_a_stored_content_are_understood(fault: str) -> None:
    stored = taken(saving.build_save(ACCOUNT, message(), now=NOW))
    [news] = client.receipts(server.report_saved(stored, "884213", TENANT, fault=fault, at=NOW).body)
    assert isinstance(news, SavedNews)
    assert (news.saved_ref, news.ready) == ("884213", not fault)


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.ANSWER])
def test_every_answer_can_be_had_and_has_the_class_of_its_row(received: ReceivedMessage, code: str) -> None:
    answer = server.answer_with(code, received)
    assert isinstance(answer, HttpAnswer)
    with pytest.raises(SendError) as caught:
        client.read(answer)
    outcome = CODES[Where.ANSWER, code].outcome
    assert outcome is not None
    assert (type(caught.value), caught.value.code) == (BY_CLASS[outcome], code)


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT])
@pytest.mark.parametrize("options", [{}, {"old_dialect": True, "trackingid_spelling": True}])
def test_every_receipt_can_be_had_and_has_the_state_of_its_row(
    received: ReceivedMessage, code: str, options: dict[str, bool]
) -> None:
    tenant = replace(TENANT, options=options)
    notice = server.report_with(received, received.destinations[0], "t-1", code, tenant, at=NOW)
    assert notice is not None
    facts = client.receipts(notice.body)
    state = CODES[Where.RECEIPT, code].state
    if state is None:
        assert not any(isinstance(fact, Receipt) for fact in facts)
        return
    [receipt] = facts
    assert isinstance(receipt, Receipt)
    assert (receipt.kind, receipt.code, receipt.state) == ("receipt", code, state)
    assert (receipt.client_ref, receipt.provider_ref) == ("01J9Z6Q2M40001EXAMPLE00000", "t-1")
    assert (receipt.recipient, receipt.sender, receipt.at) == ("12065550142", "34343", NOW)


@pytest.mark.parametrize(
    ("event", "state", "via"),
    [
        (Event.SUBMITTED, Status.SUBMITTED, Via.MMS),
        (Event.DELIVERED, Status.DELIVERED, Via.MMS),
        (Event.DELIVERED_AS_SMS, Status.DELIVERED, Via.SMS),
        (Event.EXPIRED, Status.EXPIRED, Via.MMS),
        (Event.ADDRESS_NOT_FOUND, Status.FAILED, Via.MMS),
        (Event.CONTENT_REFUSED, Status.FAILED, None),
        (Event.MEDIA_NOT_FETCHED, Status.FAILED, None),
        (Event.MEDIA_TOO_BIG, Status.FAILED, None),
        (Event.RECIPIENT_BLOCKED, Status.FAILED, Via.MMS),
        (Event.REJECTED, Status.FAILED, Via.MMS),
        (Event.UNKNOWN_CODE, None, Via.MMS),
    ],
)
def test_every_event_is_understood(
    received: ReceivedMessage, event: Event, state: Status | None, via: Via | None
) -> None:
    notice = server.report(received, received.destinations[0], "t-1", event, TENANT, at=NOW)
    assert notice is not None
    [receipt] = client.receipts(notice.body)
    assert isinstance(receipt, Receipt)
    assert (receipt.state, receipt.via) == (state, via)
    assert receipt.kind == ("receipt" if state else "unrecognised")


def test_a_message_from_a_phone_is_understood() -> None:
    files = ["https://mo.example.net/c/1/a.jpg", "https://mo.example.net/c/1/b.txt"]
    notice = server.inbound(TENANT, sender="12065550142", recipient="34343", text="STOP", files=files, at=NOW)
    [inbound] = client.receipts(notice.body)
    assert isinstance(inbound, Inbound)
    assert (inbound.sender, inbound.recipient, inbound.action) == ("+12065550142", "34343", "stop")
    assert (inbound.media_urls, inbound.text_urls) == ((files[0],), (files[1],))
