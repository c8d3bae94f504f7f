"""A provider's client and its server, each written from the contract alone, must understand one another."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import Content, Part, Slide
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where
from messaging.gateway.contract import HttpAnswer, Verdict
from messaging.gateway.errors import SendError
from messaging.gateway.facts import Action, Inbound, Receipt, SavedNews, Unreadable
from messaging.gateway.serving import Call, Event, Lookup, Notice, Refusal, Rejected, SavedContent, served, server
from messaging.statuses import Status, Via
from tests.messaging.providers.desks import MadeDesk
from tests.messaging.providers.sides import NOW, account, call, message, sent, taken
from tests.messaging.providers.test_conformance import BODIES

PROVIDERS = served()
SAVING = [name for name in PROVIDERS if registry.provider(name).saving]
ASKING = [name for name in PROVIDERS if registry.provider(name).query]
TRYING = [name for name in PROVIDERS if registry.provider(name).probe]
GONE = {Status.FAILED, Status.EXPIRED}
STATES = {
    Event.SUBMITTED: {Status.SUBMITTED, Status.ACCEPTED},
    Event.DELIVERED: {Status.DELIVERED},
    Event.DELIVERED_AS_SMS: {Status.DELIVERED},
    Event.READ: {Status.READ},
    Event.CLICKED: {Status.READ, None},
    Event.EXPIRED: GONE,
    Event.ADDRESS_NOT_FOUND: GONE,
    Event.CONTENT_REFUSED: GONE,
    # Where a second channel goes on without the file, the message arrives all the same.
    Event.MEDIA_NOT_FETCHED: GONE | {Status.DELIVERED},
    Event.MEDIA_TOO_BIG: GONE | {Status.DELIVERED},
    Event.RECIPIENT_BLOCKED: GONE,
    Event.REJECTED: GONE,
    Event.NO_REPORT: {Status.UNCONFIRMED},
    Event.UNKNOWN_CODE: {None},
}
# What every provider has a word for.
NEVER_SILENT = {Event.DELIVERED, Event.REJECTED, Event.EXPIRED, Event.UNKNOWN_CODE, Event.MALFORMED}


def rows(where: Where) -> list[object]:
    return [
        pytest.param(name, row, id=f"{name}-{row.code}")
        for name in PROVIDERS
        for (place, _), row in registry.provider(name).codes.items()
        if place is where
    ]


def read(name: str, answer: HttpAnswer) -> tuple[OutcomeClass, str]:
    """The class of an answer and its code, as the client reads it."""
    try:
        accepted = registry.provider(name).client.read(answer)
    except SendError as error:
        return error.outcome, error.code
    assert accepted.provider_ref
    return OutcomeClass.ACCEPTED, accepted.code


def told(name: str, notice: Notice) -> list[object]:
    """What a notice says, once its signature holds."""
    client = registry.provider(name).client
    assert notice.method in client.METHODS
    client.verify(account(name), notice.headers, notice.body)
    return list(client.receipts(notice.body))


def final(facts: Iterable[object]) -> list[Receipt]:
    """The receipts that speak of the message itself."""
    return [fact for fact in facts if isinstance(fact, Receipt) and fact.kind != "step"]


def shape(content: Content) -> object:
    """What the recipient sees of a content."""
    slides = [(slide.text, [(part.kind, part.url) for part in slide.parts]) for slide in content.slides]
    return content.subject, slides, content.fallback.text


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_the_client_writes_the_server_reads(name: str) -> None:
    received = sent(name)
    assert shape(received.content) == shape(message(name).content)
    assert received.sender == "34343"
    reference = message(name).client_ref if registry.provider(name).client.ECHOES else ""
    assert [(one.recipient, one.client_ref) for one in received.destinations] == [("14165550100", reference)]
    assert [(one.kind, one.slide) for one in received.media] == [("image", 1)]
    assert not received.save


@pytest.mark.parametrize("name", PROVIDERS)
def test_acceptance_gives_the_reference(name: str) -> None:
    ref, answer = server(name).accept(sent(name), now=NOW)
    assert registry.provider(name).client.read(answer).provider_ref == ref


@pytest.mark.parametrize("status", [202, 302, 400, 401, 404, 408, 409, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("name", PROVIDERS)
def test_acceptance_under_an_odd_status_is_never_repeated(name: str, status: int) -> None:
    _ref, answer = server(name).accept(sent(name), now=NOW)
    assert read(name, replace(answer, status=status))[0] in {OutcomeClass.ACCEPTED, OutcomeClass.UNKNOWN}


@pytest.mark.parametrize("name", PROVIDERS)
def test_references_differ(name: str) -> None:
    received = sent(name)
    assert len({server(name).accept(received, now=NOW)[0] for _ in range(50)}) == 50


@pytest.mark.parametrize(("name", "row"), rows(Where.ANSWER))
def test_every_code_of_an_answer_is_read_into_its_class(name: str, row: Code) -> None:
    answer = server(name).answer_with(row.code, sent(name))
    assert answer is not None
    assert read(name, answer) == (row.outcome, row.code)


@pytest.mark.parametrize(("name", "row"), rows(Where.RECEIPT))
def test_every_code_of_a_receipt_is_read_into_its_state(name: str, row: Code) -> None:
    received = sent(name)
    notice = server(name).report_with(
        received, received.destinations[0], "made-up-ref", row.code, server(name).DEMO, at=NOW
    )
    assert notice is not None
    facts = told(name, notice)
    if row.state is None:
        # News of one channel, a stored content or a handset, or of nothing that moves a message.
        assert not [fact for fact in final(facts) if fact.state and fact.code == row.code]
        assert not [fact for fact in final(facts) if fact.kind == "unrecognised"]
        return
    found = [(fact.state, fact.code) for fact in final(facts)]
    assert (row.state, row.code) in found


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_code_of_no_table_is_carried_by_nothing(name: str) -> None:
    received = sent(name)
    made_up = "no such code"
    assert server(name).answer_with(made_up, received) is None
    notice = server(name).report_with(received, received.destinations[0], "r", made_up, server(name).DEMO, at=NOW)
    assert notice is None


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("name", PROVIDERS)
def test_every_event_is_understood(name: str, event: Event) -> None:
    received = sent(name)
    ref, _ = server(name).accept(received, now=NOW)
    notice = server(name).report(received, received.destinations[0], ref, event, server(name).DEMO, at=NOW)
    if notice is None:
        assert event not in NEVER_SILENT
        return
    if event is Event.MALFORMED:
        with pytest.raises(Unreadable):
            told(name, notice)
        return
    receipts = final(told(name, notice))
    assert receipts
    assert {fact.state for fact in receipts} <= STATES[event]
    assert (event is Event.UNKNOWN_CODE) == all(fact.kind == "unrecognised" for fact in receipts)
    if event is Event.DELIVERED_AS_SMS:
        assert {fact.via for fact in receipts} == {Via.SMS}
    echoes = registry.provider(name).client.ECHOES
    for fact in receipts:
        assert fact.provider_ref == ref
        assert fact.client_ref == (received.destinations[0].client_ref if echoes else "")
        assert fact.recipient in ("", "14165550100")
        assert fact.at is None or abs((fact.at - NOW).total_seconds()) < 86_400


@pytest.mark.parametrize("name", PROVIDERS)
def test_stop_and_a_picture_from_a_handset_are_understood(name: str) -> None:
    said = {"sender": "14165550100", "recipient": "34343", "at": NOW}
    [stop] = told(name, server(name).inbound(server(name).DEMO, text="STOP", files=[], **said))
    assert isinstance(stop, Inbound)
    assert (stop.sender, re.sub(r"\D", "", stop.recipient)) == ("+14165550100", "34343")
    assert stop.action is Action.STOP or stop.text == "STOP"
    files = ["https://media.example.org/photo.png", "https://media.example.org/part.smil"]
    [picture] = told(name, server(name).inbound(server(name).DEMO, text="", files=files, **said))
    assert isinstance(picture, Inbound)
    assert picture.media_urls == (files[0],)


@pytest.mark.parametrize("refusal", Refusal)
@pytest.mark.parametrize("name", PROVIDERS)
def test_no_refusal_is_read_as_acceptance(name: str, refusal: Refusal) -> None:
    answer = server(name).refuse(refusal, sent(name))
    if answer is None:
        assert refusal in (Refusal.BLOCKED, Refusal.RECIPIENT)
        return
    outcome, _ = read(name, answer)
    assert outcome is not OutcomeClass.ACCEPTED
    if refusal is Refusal.THROTTLED:
        assert outcome is OutcomeClass.RETRY
    if refusal is Refusal.CREDENTIALS:
        assert outcome is OutcomeClass.CONFIGURATION


@pytest.mark.parametrize("name", PROVIDERS)
def test_another_tenants_credentials_are_refused(name: str) -> None:
    provider = registry.provider(name)
    wrong = {field.name: "bWFkZSB1cA==" for field in provider.client.CREDENTIALS if "key" in field.name}
    request = provider.client.build(account(name, **wrong, service_secret=""), message(name), now=NOW)
    with pytest.raises(Rejected) as caught:
        taken(name, call(request))
    assert read(name, caught.value.answer)[0] is OutcomeClass.CONFIGURATION


@pytest.mark.parametrize("name", SAVING)
def test_a_content_is_stored_and_sent_by_its_reference(name: str) -> None:
    provider, playing = registry.provider(name), server(name)
    assert provider.saving
    whole = message(name)
    stored = taken(name, call(provider.saving.build_save(account(name), whole, now=NOW)))
    assert stored.save
    assert not stored.destinations
    assert shape(stored.content) == shape(whole.content)
    ref, answer = playing.accept(stored, now=NOW)
    assert provider.saving.read_save(answer, whole).saved_ref == ref
    desk = MadeDesk(contents={ref: SavedContent(ref, stored)})
    request = provider.client.build(account(name), replace(whole, saved_ref=ref), now=NOW)
    received = taken(name, call(request), desk)
    assert (received.saved_ref, received.save) == (ref, False)
    assert shape(received.content) == shape(whole.content)
    with pytest.raises(Rejected) as caught:
        taken(name, call(request))
    assert read(name, caught.value.answer)[0] is OutcomeClass.FAILED
    waiting = MadeDesk(contents={ref: SavedContent(ref, stored, ready=False)})
    with pytest.raises(Rejected) as caught:
        taken(name, call(request), waiting)
    assert read(name, caught.value.answer)[0] is OutcomeClass.RETRY


@pytest.mark.parametrize("fault", ["", "audio", "video"])
@pytest.mark.parametrize("name", SAVING)
def test_what_became_of_a_stored_content_is_understood(name: str, fault: str) -> None:
    provider, playing = registry.provider(name), server(name)
    assert provider.saving
    stored = taken(name, call(provider.saving.build_save(account(name), message(name), now=NOW)))
    notice = playing.report_saved(stored, "884213", playing.DEMO, fault=fault, at=NOW)
    assert notice is not None
    [news] = told(name, notice)
    assert isinstance(news, SavedNews)
    assert (news.saved_ref, news.ready) == ("884213", not fault)
    assert registry.explain(name, Where.RECEIPT, news.code) is not None


@pytest.mark.parametrize("name", ASKING)
def test_a_question_finds_the_latest_state(name: str) -> None:
    query, playing = registry.provider(name).query, server(name)
    assert query
    received = sent(name)
    ref, _ = playing.accept(received, now=NOW)
    arrived = call(query.build_query(account(name), ref, now=NOW))
    assert playing.route(arrived) == Lookup(ref)
    playing.authenticate(arrived, playing.DEMO, MadeDesk(), now=NOW)
    for event, state in {Event.DELIVERED: Status.DELIVERED, Event.REJECTED: Status.FAILED}.items():
        answer = playing.describe(received, received.destinations[0], ref, event, accepted_at=NOW)
        found = final(query.read_query(answer))
        assert [(fact.state, fact.provider_ref) for fact in found] == [(state, ref)]
    nothing_yet = playing.describe(received, received.destinations[0], ref, None, accepted_at=NOW)
    assert not [fact for fact in final(query.read_query(nothing_yet)) if fact.state in GONE | {Status.DELIVERED}]
    unknown = playing.refuse(Refusal.NOT_FOUND)
    assert unknown is not None
    assert not query.read_query(unknown)


@pytest.mark.parametrize("name", TRYING)
def test_a_trial_call_is_never_taken_for_a_message(name: str) -> None:
    probe = registry.provider(name).probe
    assert probe
    trial = probe.read_probe(_tried(name, call(probe.build_probe(account(name), "34343", now=NOW))))
    assert (trial.credentials, trial.sender) in [(Verdict.GOOD, Verdict.GOOD), (Verdict.GOOD, Verdict.UNKNOWN)]


@pytest.mark.parametrize("name", TRYING)
def test_a_trial_call_tells_bad_credentials(name: str) -> None:
    provider = registry.provider(name)
    assert provider.probe
    wrong = {field.name: "bWFkZSB1cA==" for field in provider.client.CREDENTIALS if "key" in field.name}
    request = provider.probe.build_probe(account(name, **wrong, service_secret=""), "34343", now=NOW)
    trial = provider.probe.read_probe(_tried(name, call(request)))
    assert (trial.credentials, trial.sender) == (Verdict.BAD, Verdict.UNKNOWN)


def _tried(name: str, arrived: Call) -> HttpAnswer:
    """The answer to a trial call, which is a refusal or a question about nothing."""
    playing, desk = server(name), MadeDesk()
    try:
        asked = playing.route(arrived)
        playing.authenticate(arrived, playing.DEMO, desk, now=NOW)
        if asked:
            answer = playing.refuse(Refusal.NOT_FOUND)
            assert answer is not None
            return answer
        playing.read(arrived, playing.DEMO, desk, now=NOW)
    except Rejected as rejected:
        return rejected.answer
    raise AssertionError("the trial call was taken for a message")


@pytest.mark.parametrize("name", PROVIDERS)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", ""]),
    path=st.text(max_size=40),
    headers=st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4),
    body=BODIES,
)
def test_any_call_is_read_or_rejected(name: str, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    good = call(registry.provider(name).client.build(account(name), message(name), now=NOW))
    _read_or_rejected(name, Call(method, path, headers, body))
    _read_or_rejected(name, Call(good.method, good.path, headers, body))
    _read_or_rejected(name, Call(good.method, good.path, {**good.headers, **headers}, body, "not an address"))


@pytest.mark.parametrize("name", PROVIDERS)
@given(at=st.floats(0, 1), length=st.integers(0, 40), put=st.binary(max_size=12) | st.text(max_size=6).map(str.encode))
def test_a_call_with_a_dent_is_read_or_rejected(name: str, at: float, length: int, put: bytes) -> None:
    good = call(registry.provider(name).client.build(account(name), message(name), now=NOW))
    begins = int(at * len(good.body))
    _read_or_rejected(name, replace(good, body=good.body[:begins] + put + good.body[begins + length :]))


def _read_or_rejected(name: str, arrived: Call) -> None:
    playing, desk = server(name), MadeDesk()
    try:
        asked = playing.route(arrived)
        playing.authenticate(arrived, playing.DEMO, desk, now=NOW)
        received = None if asked else playing.read(arrived, playing.DEMO, desk, now=NOW)
    except Rejected as rejected:
        answer, received = rejected.answer, None
    else:
        answer = playing.accept(received, now=NOW)[1] if received else HttpAnswer(200, {}, b"")
    assert 200 <= answer.status < 600
    if received is None:
        return
    assert answer.status < 300
    for destination in received.destinations:
        notice = playing.report(received, destination, "r", received.fate or Event.DELIVERED, playing.DEMO, at=NOW)
        # Telesign judges a number only after it has taken the call (telesign.md, section 7): then a receipt says so.
        if not re.fullmatch(r"[0-9]{5,15}", destination.recipient):
            assert notice
            told = registry.provider(name).client.receipts(notice.body)
            assert Status.FAILED in {fact.state for fact in told if isinstance(fact, Receipt)}


def test_a_picture_is_what_is_sent_here() -> None:
    """The messages of this file hold a medium, without which most of it would prove little."""
    slide = message("webex").content.slides[0]
    assert isinstance(slide, Slide)
    assert isinstance(slide.parts[0], Part)
