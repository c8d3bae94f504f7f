"""Skycore from the provider's chair, against skycore.md, the seed and the payloads of the contract."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import serving
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage
from messaging.gateway.serving import (
    Call,
    Destination,
    Event,
    MediaFault,
    Medium,
    ReceivedMessage,
    Refusal,
    Rejected,
    SavedContent,
    Tenant,
)
from messaging.providers.skycore import client, saving
from tests.messaging.providers.skycore.asking import BASE, KINDS, from_query, members_of, slides_of
from tests.messaging.providers.skycore.desk import OpenDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PATH = "/API/wxml/1.3/index.php"
HANDSET = "12065550142"
server = serving.server("skycore")
# The keys, senders and campaigns of the contract's samples and of the seed.
TENANT = replace(
    server.DEMO,
    credentials={
        "api_key": ("sandbox-api-key", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "ea7966f90de2bf520e3f0042053e6ec3"),
        "campaign_ref": ("Campaign123", "OPENDAY26"),
    },
)
ACCOUNT = Account("a-1", "skycore", BASE, {"api_key": "sandbox-api-key"})


def call_of(request: HttpRequest) -> Call:
    return Call(request.method, request.url.removeprefix("https://secure.skycore.com"), request.headers, request.body)


def form(document: bytes | str) -> Call:
    return Call(
        "POST", PATH, {"content-type": "application/x-www-form-urlencoded"}, urlencode({"xml": document}).encode()
    )


def bare(document: bytes | str) -> Call:
    body = document if isinstance(document, bytes) else document.encode()
    return Call("POST", PATH, {"content-type": "text/xml"}, body)


def read(call: Call, tenant: Tenant = TENANT, *stored: SavedContent, room: bool = True) -> ReceivedMessage:
    assert server.route(call) is None
    desk = OpenDesk(*stored, room=room)
    server.authenticate(call, tenant, desk, now=NOW)
    return server.read(call, tenant, desk, now=NOW)


def told(answer: HttpAnswer) -> dict[str, str]:
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    return {child.tag: child.text or "" for child in fromstring(answer.body)}


def refused(call: Call, tenant: Tenant = TENANT, *stored: SavedContent, room: bool = True) -> dict[str, str]:
    with pytest.raises(Rejected) as caught:
        read(call, tenant, *stored, room=room)
    answer = told(caught.value.answer)
    assert answer["STATUS"] == "Failure"
    assert answer["ERRORINFO"]
    return answer


def asked(slides: str = "<SLIDE><TEXT>Hi</TEXT></SLIDE>", **members: str | None) -> str:
    """A request in XML; a member of None is left out."""
    whole: dict[str, str | None] = {
        "ACTION": "sendMMS",
        "API_KEY": "sandbox-api-key",
        "TO": HANDSET,
        "FROM": "34343",
        "SUBJECT": "Offer",
        "NAME": "Autumn",
        **members,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in whole.items() if value is not None)
    return f"<REQUEST>{inner}{slides}</REQUEST>"


class TestPath:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("path", [PATH, "/API/wxml/1.3/", "/API/wxml/1.3", f"{PATH}?action=sendmms"])
    def test_the_api_answers_with_and_without_its_file(self, method: str, path: str) -> None:
        assert server.route(Call(method, path, {})) is None

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("PUT", PATH, 405), ("HEAD", PATH, 405), ("POST", "/", 404), ("POST", "/API/wxml/1.2/index.php", 404)],
    )
    def test_another_path_or_verb_is_refused_without_a_body(self, method: str, path: str, status: int) -> None:
        with pytest.raises(Rejected) as caught:
            server.route(Call(method, path, {}))
        assert (caught.value.answer.status, caught.value.answer.body) == (status, b"")


# Each step mends what the one before it was refused for, so that the order of the checks is what decides.
BAD: dict[str, str | None] = {
    "ACTION": "getMmsIds",
    "API_KEY": "another",
    "TO": "+12065550142",
    "FROM": "70000",
    "SUBJECT": None,
    "NAME": None,
    "MMSLINK_EXPIRATION_DATE": "soon",
}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("E104", {"API_KEY": "sandbox-api-key"}),
    ("E105", {"api_rights": True}),
    ("E109", {"api_activated": True}),
    ("E112", {"sources": ()}),
    ("E107", {"ACTION": "SENDMMS"}),
    ("E120", {"limit_reached": False}),
    ("E113", {"room": True}),
    ("E110", {"TO": HANDSET}),
    ("E111", {"FROM": "34343"}),
    ("E718", {"CAMPAIGNREF": "WRONG"}),
    ("E721", {"CAMPAIGNREF": "OPENDAY26"}),
    ("E311", {"NAME": "Autumn"}),
    ("E622", {"SUBJECT": "a" * 81}),
    ("E228", {"SUBJECT": "Offer"}),
    ("E617", {"MMSLINK_EXPIRATION_DATE": "2026-12-15T00:00:00Z"}),
    ("E312", {"slides": "<SLIDE/>" * 9}),
    ("E225", {"slides": "<SLIDE/>"}),
    ("E313", {"slides": "<SLIDE><TEXT>Hi</TEXT></SLIDE>"}),
    ("E650", {"OPERATORID": "verizon"}),
    ("E628", {"OPERATORID": "0001890"}),
]


def test_the_checks_come_in_the_order_of_the_contract() -> None:
    members, slides, room = dict(BAD), "", False
    options = {"api_rights": False, "api_activated": False, "limit_reached": True, "enforce_campaign": True}
    tenant = replace(TENANT, sources=("203.0.113.0/24",), options={**options, "require_operator": True})
    for code, mend in STEPS:
        assert refused(form(asked(slides, **members)), tenant, room=room)["ERRORCODE"] == code
        for name, value in mend.items():
            match name:
                case "slides":
                    slides = value
                case "room":
                    room = value
                case "sources":
                    tenant = replace(tenant, sources=value)
                case name if name.islower():
                    tenant = replace(tenant, options={**tenant.options, name: value})
                case _:
                    members[name] = value
    assert read(form(asked(slides, **members)), tenant, room=room).sender == "34343"


def medium(name: str, url: str = "https://media.example.org/x") -> str:
    return f"<{name}><URL>{url}</URL></{name}>"


def of(*parts: str) -> str:
    return f"<SLIDE>{''.join(parts)}</SLIDE>"


GOOD_SLIDE = of("<TEXT>Hi</TEXT>")


@pytest.mark.parametrize(
    ("slides", "code"),
    [
        (of(), "E313"),
        (of("<TEXT> </TEXT>"), "E313"),
        (of("<IMAGE><URL/></IMAGE>"), "E313"),
        (of(medium("AUDIO"), medium("VIDEO"), medium("IMAGE")), "E226"),
        (of(medium("VIDEO"), medium("IMAGE")), "E227"),
        *((of(medium("IMAGE"), medium(thing)), "E224") for thing in ("VCARD", "ICAL", "PDF", "PASSBOOK")),
        *((of(medium("AUDIO"), medium(thing)), "E224") for thing in ("VCARD", "ICAL", "PDF", "PASSBOOK")),
        *((of(medium("VIDEO"), medium(thing)), "E224") for thing in ("VCARD", "ICAL", "PDF", "PASSBOOK")),
        (of(medium("IMAGE"), medium("PDF"), medium("ICAL")), "E224"),
        (of(medium("PDF"), medium("PASSBOOK")), "E223"),
        (of(medium("VCARD"), medium("VCARD")), "E223"),
        (of(medium("IMAGE"), medium("IMAGE")), "E100"),
        (of(f"<TEXT>{'a' * 5001}</TEXT>"), "E334"),
        *((of("<TEXT>Hi</TEXT>", f"<DURATION>{bad}</DURATION>"), "E230") for bad in ("0", "31", "-1", "5.0", "ten")),
        # Slide by slide: an earlier slide's later check comes first.
        (of("<TEXT>Hi</TEXT>", "<DURATION>0</DURATION>") + of(), "E230"),
    ],
)
def test_what_may_share_a_slide(slides: str, code: str) -> None:
    assert refused(form(asked(slides)))["ERRORCODE"] == code
    assert refused(form(asked(GOOD_SLIDE + slides)))["ERRORCODE"] == code


def test_a_fault_names_its_slide() -> None:
    assert refused(form(asked(GOOD_SLIDE + of())))["ERRORINFO"] == "Slide 2 is empty."


@pytest.mark.parametrize(
    "slides",
    [
        GOOD_SLIDE * 8,
        of(medium("IMAGE"), medium("AUDIO"), "<TEXT>Hi</TEXT>"),
        of(medium("VIDEO"), "<TEXT>Hi</TEXT>"),
        of(medium("PASSBOOK"), "<TEXT>Hi</TEXT>"),
        of(f"<TEXT>{'a' * 5000}</TEXT>"),
        of("<TEXT>Hi</TEXT>", "<DURATION>1</DURATION>"),
        of("<TEXT>Hi</TEXT>", "<DURATION> 30 </DURATION>"),
    ],
)
def test_what_fits_is_taken(slides: str) -> None:
    assert len(read(form(asked(slides))).content.slides) == slides.count("<SLIDE>")


@pytest.mark.parametrize(
    "number", ["", "+12065550142", "0012065550142", "120655", "1" * 16, "1206555O142", "１２０６５５５０１４２"]
)
def test_another_spelling_of_a_number_is_refused(number: str) -> None:
    assert refused(form(asked(TO=number)))["ERRORCODE"] == "E110"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (form(asked(ACTION=None)), "E100"),
        (form("<OTHER/>"), "E100"),
        (form("<REQUEST><ACTION>sendMMS"), "E108"),
        (bare("<REQUEST><ACTION>sendMMS"), "E108"),
        (bare("<!DOCTYPE REQUEST>" + asked()), "E108"),
        (bare("<REQUEST>" + "<a>" * 1000), "E108"),
        (bare(asked("<a>" * 20 + "</a>" * 20)), "E108"),
        (bare(b""), "E100"),
        (bare(b"\x00\xff"), "E100"),
        (bare(b"{}"), "E100"),
        (Call("POST", PATH, {}, b"action=sendmms&api_key=sandbox-api-key"), "E100"),
        (Call("GET", PATH, {}), "E100"),
        (Call("GET", f"{PATH}?{'a=1&' * 600}", {}), "E100"),
        (form(asked().replace("API_KEY", "api_key")), "E104"),
        (form(asked(ACTION="")), "E100"),
    ],
)
def test_what_is_no_request_is_refused_first(call: Call, code: str) -> None:
    answer = refused(call)
    assert (answer["ERRORCODE"], answer.get("TO")) == (code, None)


@pytest.mark.parametrize("strict", [False, True])
def test_a_bare_document_is_taken_unless_the_account_is_strict(strict: bool) -> None:
    tenant = replace(TENANT, options={"strict_forms": strict})
    assert read(form(asked()), tenant).sender == "34343"
    if strict:
        assert refused(bare(asked()), tenant)["ERRORCODE"] == "E100"
    else:
        assert read(bare(asked()), tenant).sender == "34343"


def test_a_refusal_names_the_recipient_once_it_was_read() -> None:
    assert "TO" not in refused(form(asked(API_KEY="another")))
    assert refused(form(asked(FROM="70000")))["TO"] == HANDSET


def test_a_sender_without_mms_is_accepted_and_rejected_later() -> None:
    assert read(form(asked(FROM="99999"))).fate is Event.REJECTED
    assert read(form(asked())).fate is None


SAMPLE_DOCUMENTS = ["seed-request-sendmms", "request-sendmms-image", "request-sendmms-multi-slide", "request-savemms"]


@pytest.mark.parametrize("name", SAMPLE_DOCUMENTS)
@pytest.mark.parametrize("wrap", [form, bare])
@pytest.mark.parametrize("enforced", [False, True])
def test_the_samples_are_taken_as_they_stand(raw, tree, name: str, wrap: Callable[..., Call], enforced: bool) -> None:
    options = {"enforce_campaign": enforced and "CAMPAIGNREF" in members_of(tree(name))}
    message = read(wrap(raw(name)), replace(TENANT, options=options))
    assert [unhosted(slide) for slide in message.content.slides] == slides_of(tree(name))
    assert (message.content.name, message.content.subject) == (
        tree(name).findtext("NAME"),
        tree(name).findtext("SUBJECT"),
    )
    assert message.save is (name == "request-savemms")
    assert "0f1e2d3c" not in str(message.parsed)


def unhosted(slide: Slide) -> Slide:
    return replace(slide, parts=tuple(replace(part, host="ours") for part in slide.parts))


@pytest.mark.parametrize(
    "name", ["seed-request-sendmms-get", "request-sendmms-image-get", "request-sendmms-two-slides-get"]
)
def test_the_sample_queries_are_taken_as_they_stand(raw, name: str) -> None:
    address = raw(f"{name}.txt").decode().strip()
    parts = urlsplit(address)
    message = read(Call("GET", f"{parts.path}?{parts.query}", {}))
    members, slides = from_query(address)
    assert [unhosted(slide) for slide in message.content.slides] == slides
    assert (message.content.name, message.destinations[0].recipient) == (members["NAME"], members["TO"])


def test_the_sample_form_is_taken_as_it_stands(raw) -> None:
    call = Call("POST", PATH, {}, raw("request-sendmms-post-form.txt").strip())
    assert read(call).content == read(bare(raw("request-sendmms-image"))).content


def test_slides_of_a_query_are_counted_from_anywhere_in_any_case() -> None:
    query = "ACTION=SendMms&Api_Key=sandbox-api-key&TO=12065550142&from=34343&name=n&subject=s"
    slides = "&Slide_Text_Value_7=third&slide_text_value_0=first&slide_text_value_3=second&slide_duration_7=9"
    message = read(Call("GET", f"{PATH}?{query}{slides}", {}))
    assert [(slide.text, slide.duration) for slide in message.content.slides] == [
        ("first", 10),
        ("second", 10),
        ("third", 9),
    ]


@pytest.mark.parametrize("text", ["a\\nb", "a\nb"])
def test_both_spellings_of_a_line_break_are_one(text: str) -> None:
    assert read(form(asked(of(f"<TEXT>{text}</TEXT>")))).content.slides[0].text == "a\nb"


ALL_KINDS = tuple(
    Slide(f"Slide of {kind} & <more>\n'two' \"lines\" 🎉", 7, (Part(kind, url=f"https://a.example/{kind}?a=1&b=2"),))
    for kind in KINDS.values()
)
CONTENTS = [
    Content("Autumn", "Offer", ALL_KINDS, FallbackSms("Hello\nthere", link=True)),
    Content("n", "", (Slide("Just words", 30),), FallbackSms("Hello")),
    Content("n", "s", (Slide("", 1, (Part("image", url="https://a.example/i"),)),), FallbackSms(link=True)),
    Content(
        "n",
        "s",
        (Slide("x", 2, (Part("image", url="https://a.example/i"), Part("audio", url="https://a.example/a"))),),
        FallbackSms("Hi", link=True, link_expires_at="2026-12-15T00:00:00Z"),
    ),
]


def as_received(content: Content) -> Content:
    """What the wire keeps: the place of the media, and no duration beside sound."""
    return replace(
        content,
        slides=tuple(
            replace(
                slide,
                duration=10 if {part.kind for part in slide.parts} & {"audio", "video"} else slide.duration,
                parts=tuple(replace(part, host="caller") for part in slide.parts),
            )
            for slide in content.slides
        ),
    )


def outbound(content: Content, **more: Any) -> OutboundMessage:
    return OutboundMessage("01J9Z6Q2M40001EXAMPLE00000", "34343", f"+{HANDSET}", content, **more)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("use_get", [False, True])
def test_the_server_reads_what_the_client_wrote(content: Content, use_get: bool) -> None:
    request = client.build(replace(ACCOUNT, options={"use_get": use_get}), outbound(content), now=NOW)
    message = read(call_of(request))
    assert message.content == as_received(content)
    assert (message.sender, message.destinations) == ("34343", (Destination(HANDSET),))
    assert message.media == tuple(
        Medium(part.kind, part.url, number)
        for number, slide in enumerate(content.slides, start=1)
        for part in slide.parts
    )


@pytest.mark.parametrize("use_get", [False, True])
def test_a_content_is_stored_and_sent_from_there(use_get: bool) -> None:
    account, content = replace(ACCOUNT, options={"use_get": use_get}), CONTENTS[0]
    stored = read(call_of(saving.build_save(account, outbound(content), now=NOW)))
    assert (stored.save, stored.destinations, stored.content) == (True, (), as_received(content))
    ref, answer = server.accept(stored, now=NOW)
    assert saving.read_save(answer, outbound(content)).saved_ref == ref
    request = client.build(account, outbound(content, saved_ref=ref), now=NOW)
    sent = read(call_of(request), TENANT, SavedContent(ref, stored))
    assert (sent.save, sent.saved_ref, sent.content, sent.media) == (False, ref, stored.content, stored.media)
    assert client.read(server.accept(sent, now=NOW)[1]).provider_ref.startswith("MMS_")


@pytest.mark.parametrize(
    ("members", "stored", "code"),
    [
        ({}, {}, "E620"),
        ({"MMSID": "one"}, {}, "E625"),
        ({"MMSID": "884213"}, None, "E241"),
        ({"MMSID": "884213"}, {"failed": True}, "E241"),
        ({"MMSID": "884213"}, {"ready": False}, "E626"),
        ({"MMSID": "884213", "TO": None}, {}, "E621"),
        ({"MMSID": "884213", "TO": "+1"}, {}, "E110"),
        ({"MMSID": "884213", "FROM": "70000"}, {}, "E111"),
    ],
)
def test_a_stored_content_has_to_be_there(
    members: dict[str, str | None], stored: dict[str, bool] | None, code: str
) -> None:
    kept = [] if stored is None else [SavedContent("884213", read(form(asked())), **stored)]
    document = asked("", ACTION="sendSavedMMS", NAME=None, SUBJECT=None, **members)
    assert refused(form(document), TENANT, *kept)["ERRORCODE"] == code


def test_the_samples_for_a_stored_content_fill_in_their_texts(raw) -> None:
    kept = SavedContent("884213", read(bare(raw("request-savemms"))))
    message = read(bare(raw("request-sendsavedmms")), TENANT, kept)
    assert message.content.slides[0].text == "Hello Dana, the new range."
    assert (message.content.subject, message.content.fallback.text) == (
        "Winter launch, Dana",
        "Dana, see the winter range.",
    )
    parts = urlsplit(raw("request-sendsavedmms-get.txt").decode().strip())
    by_get = read(Call("GET", f"{parts.path}?{parts.query}", {}), TENANT, kept)
    assert by_get.content.slides == message.content.slides
    plain = asked("<DATA><FIRSTNAME>Dana</FIRSTNAME></DATA>", ACTION="sendSavedMMS", MMSID="884213")
    assert read(form(plain), TENANT, kept).content.slides[0].text == "Hello Dana, the new range."
    unnamed = read(form(asked("", ACTION="sendSavedMMS", MMSID="884213")), TENANT, kept)
    assert unnamed.content.slides[0].text == "Hello there, the new range."


@pytest.mark.parametrize("number", ["0", "2", "first", ""])
def test_a_text_for_a_slide_that_is_not_there_is_refused(raw, number: str) -> None:
    kept = SavedContent("884213", read(bare(raw("request-savemms"))))
    custom = f"<CUSTOMTEXT><VALUE>x</VALUE><SLIDE>{number}</SLIDE></CUSTOMTEXT>"
    assert refused(form(asked(custom, ACTION="sendSavedMMS", MMSID="884213")), TENANT, kept)["ERRORCODE"] == "E100"


def test_an_acceptance_is_spelled_as_in_the_seed(raw) -> None:
    ref, answer = server.accept(read(form(asked())), now=NOW)
    members = told(answer)
    assert [*members] == [child.tag for child in fromstring(raw("seed-response-success"))]
    assert (members["STATUS"], members["TO"], members["TRACKINGID"]) == ("Success", HANDSET, ref)
    assert members["STATUSDETAILS"] == "MMS request accepted and queued for delivery"
    assert members["MMSID"].isdecimal()


def test_references_differ() -> None:
    message = read(form(asked()))
    assert len({server.accept(message, now=NOW)[0] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal.RECIPIENT, "E110"),
        (Refusal.BLOCKED, "E114"),
        (Refusal.THROTTLED, "E113"),
        (Refusal.CREDENTIALS, "E104"),
        (Refusal.INTERNAL, "E503"),
    ],
)
def test_every_refusal_has_its_code(refusal: Refusal, code: str) -> None:
    answer = server.refuse(refusal, read(form(asked())))
    assert answer
    assert told(answer)["ERRORCODE"] == code
    assert server.refuse(refusal)


FAULTS = [
    *((kind, MediaFault.NOT_COPIED, f"E35{last}") for kind, last in zip(KINDS.values(), "1235678", strict=True)),
    *((kind, MediaFault.TOO_BIG, f"E33{last}") for kind, last in zip(KINDS.values(), "1235678", strict=True)),
    ("image", MediaFault.CORRUPT, "E341"),
    ("video", MediaFault.CORRUPT, "E343"),
    ("audio", MediaFault.CORRUPT, "E629"),
    *((kind, MediaFault.TYPE, "E629") for kind in KINDS.values()),
]


@pytest.mark.parametrize(("kind", "fault", "code"), FAULTS)
def test_a_file_that_is_not_fit_has_its_code(kind: str, fault: MediaFault, code: str) -> None:
    answer = server.refuse_medium(read(form(asked())), Medium(kind, "https://a.example/x", 2), fault)
    assert answer
    members = told(answer)
    assert (members["ERRORCODE"], members["TO"]) == (code, HANDSET)
    assert code == "E629" or "slide 2" in members["ERRORINFO"]


def test_the_fetcher_cuts_queries_off_sound_and_video() -> None:
    assert server.MEDIA.drops_query == {"audio", "video"}
    assert server.MEDIA.at_once
    assert set(server.MEDIA.types) == set(KINDS.values())


@given(body=st.binary(max_size=300), query=st.text(max_size=200), method=st.sampled_from(["GET", "POST", "PUT"]))
def test_no_call_breaks_the_server(body: bytes, query: str, method: str) -> None:
    for call in (Call(method, f"{PATH}?{query}", {}, body), Call(method, f"{PATH}?{quote_plus(query)}=1", {}, body)):
        with pytest.raises(Rejected):
            read(call)


NAMES = (
    "ACTION",
    "API_KEY",
    "TO",
    "FROM",
    "MMSID",
    "NAME",
    "SUBJECT",
    "OPERATORID",
    "MMSLINK_EXPIRATION_DATE",
    "SLIDE",
)
VALUES = st.sampled_from(
    ["", "sendMMS", "saveMMS", "sendSavedMMS", "sandbox-api-key", HANDSET, "34343", "884213", "<TEXT>x</TEXT>", "٣"]
)


@given(members=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12))
def test_no_document_breaks_the_server(members: list[tuple[str, str]]) -> None:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in members)
    with suppress(Rejected):
        assert read(form(f"<REQUEST>{inner}</REQUEST>")).content
