"""Every provider that is played, over real sockets: its client sends, the sandbox answers and posts, it reads."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import Accepted, HttpAnswer, HttpRequest, OutboundMessage
from messaging.gateway.errors import SendError
from messaging.gateway.facts import Receipt, SavedNews
from messaging.gateway.serving import Refusal, base_path, served, server
from messaging.statuses import Status, Via
from mmsportal.sandbox.testing import Running, running
from tests.messaging.providers import sides
from tests.sandbox.conftest import Receiver, until

PROVIDERS = served()
AT_ONCE = [name for name in PROVIDERS if server(name).MEDIA.at_once]
SAVING = [name for name in PROVIDERS if registry.provider(name).saving]
SILENT = [name for name in PROVIDERS if not registry.provider(name).client.ECHOES]


class Line:
    """A provider's client on a line to the sandbox."""

    def __init__(self, name: str, box: Running, host: str) -> None:
        self.name, self.box = name, box
        self.client = registry.provider(name).client
        self.picture = f"{host}/file?type=image/jpeg"
        self.account = replace(sides.account(name), base_url=f"{box.base_url}/{name}{base_path(name)}")

    def message(self, nn: str = "00", *, asking: str = "", url: str = "", **more: Any) -> OutboundMessage:
        """To the handset with a number's last two digits; `asking` goes into the fallback, which everybody carries."""
        content = Content("Hats", "", (self.slide("image", url or self.picture),), FallbackSms(f"New hats {asking}"))
        message = sides.message(self.name, content=content, recipient=f"+1416555{'01' + nn}", client_ref=f"ref-{nn}")
        return replace(message, **more)

    def slide(self, kind: str, url: str) -> Slide:
        text = "Look" if registry.provider(self.name).profile.carries_text else ""
        return Slide(text, 5, (Part(kind, url=url),))

    def call(self, request: HttpRequest) -> HttpAnswer:
        answer = httpx.request(
            request.method, request.url, headers=request.headers, content=request.body, timeout=20, trust_env=False
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status_code, headers, answer.content)

    def send(self, message: OutboundMessage) -> Accepted:
        return self.client.read(self.call(self.client.build(self.account, message, now=_now())))

    def refusal(self, message: OutboundMessage) -> tuple[OutcomeClass, str]:
        with pytest.raises(SendError) as caught:
            self.send(message)
        return caught.value.outcome, caught.value.code

    def heard(self, receiver: Receiver) -> list[Receipt]:
        """Every receipt that came so far, once its signature holds."""
        found = []
        for headers, body in list(zip(receiver.headers, receiver.bodies, strict=False)):
            self.client.verify(self.account, headers, body)
            found += [one for one in self.client.receipts(body) if isinstance(one, Receipt) and one.kind != "step"]
        return found


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def lines(sandbox: Running, receiver: Receiver, host: str) -> Callable[[str], Line]:
    def make(name: str) -> Line:
        sandbox.set_tenant(name, webhook_url=receiver.url)
        line = Line(name, sandbox, host)
        line.account = replace(line.account, webhook_url=receiver.url)
        return line

    return make


@pytest.fixture(params=PROVIDERS)
def line(request: pytest.FixtureRequest, lines: Callable[[str], Line]) -> Line:
    return lines(request.param)


@pytest.fixture(params=AT_ONCE)
def strict(request: pytest.FixtureRequest, lines: Callable[[str], Line]) -> Line:
    return lines(request.param)


@pytest.fixture(params=SAVING)
def saver(request: pytest.FixtureRequest, lines: Callable[[str], Line]) -> Line:
    return lines(request.param)


def test_a_message_arrives_and_is_delivered(line: Line, receiver: Receiver) -> None:
    accepted = line.send(line.message())
    delivered = until(lambda: [one for one in line.heard(receiver) if one.state is Status.DELIVERED])
    assert {one.provider_ref for one in delivered} == {accepted.provider_ref}
    [entry] = line.box.ledger(kind="accepted", provider=line.name)
    assert entry["provider_ref"] == accepted.provider_ref
    assert entry["client_ref"] == ("ref-00" if line.client.ECHOES else "")
    assert (entry["recipient"], entry["sender"]) == ("14165550100", "34343")
    assert entry["content"]["fallback"]["text"].strip() == "New hats"
    assert [slide["image"]["url"] for slide in entry["content"]["slides"]] == [line.picture]


def test_a_fallback_sms_is_told_as_one(line: Line, receiver: Receiver) -> None:
    line.send(line.message("07"))
    [one] = until(lambda: [one for one in line.heard(receiver) if one.state is Status.DELIVERED])
    assert one.via is Via.SMS


def test_a_number_that_does_not_exist_is_refused_or_fails(line: Line, receiver: Receiver) -> None:
    if server(line.name).refuse(Refusal.RECIPIENT):
        assert line.refusal(line.message("20"))[0] in {OutcomeClass.FAILED, OutcomeClass.BLOCKED}
    else:
        line.send(line.message("20"))
        until(lambda: [one for one in line.heard(receiver) if one.state is Status.FAILED])


@pytest.mark.parametrize("nn", ["22", "23", "33"])
def test_a_number_that_refuses_is_refused_in_the_providers_words(nn: str, line: Line) -> None:
    outcome, code = line.refusal(line.message(nn))
    expected = {
        "22": {OutcomeClass.RETRY},
        "23": {OutcomeClass.UNKNOWN, OutcomeClass.RETRY},
        "33": {OutcomeClass.CONFIGURATION},
    }
    assert outcome in expected[nn], code


@pytest.mark.parametrize("nn", ["24", "26", "28"])
def test_an_answer_that_goes_wrong_is_never_read_as_refusal(nn: str, line: Line, receiver: Receiver) -> None:
    """The message was taken: the line may break or the answer say nothing, but it must not be called not accepted."""
    request = line.client.build(line.account, line.message(nn), now=_now())
    if nn == "26":
        with pytest.raises(httpx.ReadError):
            line.call(request)
    else:
        with pytest.raises(SendError) as caught:
            line.client.read(line.call(request))
        assert caught.value.outcome is OutcomeClass.UNKNOWN
    assert len(line.box.ledger(kind="accepted", provider=line.name)) == 1
    until(lambda: [one for one in line.heard(receiver) if one.state is Status.DELIVERED])


def _row(line: Line, where: Where, fits: Callable[[Any], bool]) -> str:
    return next(
        code for (place, code), row in registry.provider(line.name).codes.items() if place is where and fits(row)
    )


def test_a_message_can_ask_for_the_code_of_its_answer(line: Line) -> None:
    for outcome in (OutcomeClass.CONFIGURATION, OutcomeClass.FAILED, OutcomeClass.RETRY):
        code = _row(line, Where.ANSWER, lambda row, wanted=outcome: row.outcome is wanted)
        asking = f"sandbox:answer={code.replace(' ', '_')}"
        assert line.refusal(line.message(asking=asking)) == (outcome, code)
    assert not line.box.ledger(kind="accepted", provider=line.name)


def test_a_message_can_ask_for_the_codes_of_its_receipts(line: Line, receiver: Receiver) -> None:
    states = (Status.FAILED, Status.DELIVERED)
    codes = [_row(line, Where.RECEIPT, lambda row, wanted=state: row.state is wanted) for state in states]
    line.send(line.message("04", asking=" ".join(f"sandbox:receipt={code.replace(' ', '_')}" for code in codes)))
    heard = until(lambda: [found for found in [line.heard(receiver)] if {one.code for one in found} >= set(codes)])[0]
    assert [(one.code, one.state) for one in heard if one.code in codes] == list(zip(codes, states, strict=True))
    assert Status.EXPIRED not in {one.state for one in heard}


def test_a_code_nobody_has_changes_nothing(line: Line, receiver: Receiver) -> None:
    line.send(line.message(asking="sandbox:answer=E9999x"))
    until(lambda: [one for one in line.heard(receiver) if one.state is Status.DELIVERED])


@pytest.mark.parametrize("name", SILENT)
def test_without_a_reference_every_message_to_a_refusing_number_is_refused_anew(name: str, lines) -> None:
    line = lines(name)
    for _ in range(2):
        assert line.refusal(line.message("23"))[0] is not OutcomeClass.ACCEPTED
        assert line.send(line.message("23")).provider_ref


class TestMediaAtOnce:
    @pytest.mark.parametrize(
        ("query", "fault", "outcome"),
        [
            ("type=image/jpeg&body=text/html", "is not image/jpeg", OutcomeClass.FAILED),
            ("type=image/jpeg&fault=404", "answered 404", OutcomeClass.RETRY),
            ("type=text/html", "type text/html is not taken", OutcomeClass.FAILED),
            ("type=image/jpeg&size=1000001", "too large: more than 1000000 bytes", OutcomeClass.FAILED),
        ],
    )
    def test_a_file_that_is_not_fit_is_told_in_the_answer(
        self, query: str, fault: str, outcome: OutcomeClass, strict: Line, host: str
    ) -> None:
        found, code = strict.refusal(strict.message(url=f"{host}/file?{query}"))
        assert found is outcome
        assert registry.explain(strict.name, Where.ANSWER, code) is not None
        [entry] = strict.box.ledger(kind="fetched", provider=strict.name)
        assert entry["files"][0]["fault"] == fault
        assert not strict.box.ledger(kind="accepted", provider=strict.name)

    def test_one_kind_of_file_has_its_own_limit(self, strict: Line, host) -> None:
        content = Content("Hats", "", (strict.slide("pdf", f"{host}/file?type=application/pdf&size=740001"),))
        content = replace(content, fallback=FallbackSms("New hats"))
        assert strict.refusal(strict.message(content=content))[0] is OutcomeClass.FAILED
        [entry] = strict.box.ledger(kind="fetched", provider=strict.name)
        assert entry["files"][0]["fault"] == "too large: more than 740000 bytes"

    def test_number_30_is_refused(self, strict: Line) -> None:
        assert strict.refusal(strict.message("30"))[0] is OutcomeClass.RETRY

    def test_a_length_is_wanted_where_the_provider_wants_one(self, strict: Line, host) -> None:
        message = strict.message(url=f"{host}/file?type=image/jpeg&fault=chunked")
        if server(strict.name).MEDIA.needs_length:
            assert strict.refusal(message)[0] is OutcomeClass.RETRY
        else:
            assert strict.send(message).provider_ref


def _video(line: Line, host: str, asking: str = "") -> OutboundMessage:
    content = Content("Film", "", (line.slide("video", f"{host}/film.mp4?size=600"),), FallbackSms("Film"))
    return line.message(content=replace(content, fallback=FallbackSms(f"Film {asking}")))


class TestStoredContents:
    def store(self, line: Line, message: OutboundMessage) -> str:
        saving = registry.provider(line.name).saving
        assert saving
        answer = line.call(saving.build_save(line.account, message, now=_now()))
        return saving.read_save(answer, message).saved_ref

    def test_a_picture_can_be_sent_at_once(self, saver: Line, receiver: Receiver) -> None:
        ref = self.store(saver, saver.message())
        [saved] = saver.box.ledger(kind="saved", provider=saver.name)
        assert saved["provider_ref"] == ref
        accepted = saver.send(saver.message(saved_ref=ref))
        [entry] = saver.box.ledger(kind="accepted", provider=saver.name)
        assert (entry["saved_ref"], entry["content"]["slides"]) == (ref, saved["content"]["slides"])
        assert len(saver.box.ledger(kind="fetched", provider=saver.name)) == 1
        delivered = until(lambda: [one for one in saver.heard(receiver) if one.state is Status.DELIVERED])
        assert delivered[0].provider_ref == accepted.provider_ref

    @pytest.mark.parametrize("name", SAVING)
    def test_a_film_that_is_being_encoded_has_to_wait(self, name: str, host: str) -> None:
        with running(speed=0.01) as box:
            line = Line(name, box, host)
            message = _video(line, host)
            ref = self.store(line, message)
            assert line.refusal(replace(message, saved_ref=ref))[0] is OutcomeClass.RETRY

    def test_a_film_can_be_sent_once_it_is_encoded(self, saver: Line, receiver: Receiver, host: str) -> None:
        message = _video(saver, host)
        ref = self.store(saver, message)
        assert until(lambda: self.news(saver, receiver)) == [(ref, True)]
        assert saver.send(replace(message, saved_ref=ref)).provider_ref

    def test_a_film_that_cannot_be_encoded(self, saver: Line, receiver: Receiver, host: str) -> None:
        message = _video(saver, host, "sandbox:encoding=failed")
        ref = self.store(saver, message)
        assert until(lambda: self.news(saver, receiver)) == [(ref, False)]
        assert saver.refusal(replace(message, saved_ref=ref))[0] is OutcomeClass.FAILED

    def test_number_30_has_a_stored_content_fetched_already(self, saver: Line, receiver: Receiver) -> None:
        ref = self.store(saver, saver.message())
        saver.send(saver.message("30", saved_ref=ref))
        until(lambda: [one for one in saver.heard(receiver) if one.state is Status.DELIVERED])

    def news(self, line: Line, receiver: Receiver) -> list[tuple[str, bool]]:
        facts = [fact for body in list(receiver.bodies) for fact in line.client.receipts(body)]
        return [(fact.saved_ref, fact.ready) for fact in facts if isinstance(fact, SavedNews)]


def test_keys_in_a_body_are_not_on_file(line: Line) -> None:
    line.send(line.message())
    keys = [value for name, values in server(line.name).DEMO.credentials.items() if "key" in name for value in values]
    on_file = line.box.path.read_text()
    assert keys
    assert not [key for key in keys if key in on_file]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("type=image/jpeg&size=1000001", "3061"),
        # The template says image.
        ("type=video/mp4", "3035"),
        ("fault=404&type=image/jpeg", "3035"),
    ],
)
@pytest.mark.parametrize("with_sms", [True, False])
def test_telesign_tells_what_is_wrong_with_a_file_and_goes_on_to_the_sms(
    lines, receiver: Receiver, host: str, file: str, code: str, with_sms: bool
) -> None:
    line = lines("telesign")
    made = line.message(url=f"{host}/file?{file}")
    line.send(made if with_sms else replace(made, content=replace(made.content, fallback=FallbackSms(disabled=True))))
    [body] = until(lambda: list(receiver.bodies))
    whole, *steps = line.client.receipts(body)
    expected = (Status.DELIVERED, "3000", Via.SMS) if with_sms else (Status.FAILED, code, None)
    assert (whole.state, whole.code, whole.via) == expected
    assert [(step.detail, step.code) for step in steps] == [("mms", code), ("sms", "3000")][: 1 + with_sms]


def test_the_callback_of_telesign_is_a_get_with_a_body(lines, receiver: Receiver) -> None:
    line = lines("telesign")
    line.send(line.message())
    until(lambda: receiver.bodies)
    assert set(receiver.methods) == {"GET"}
    assert re.match(rb"\s*\{", receiver.bodies[0])
