"""What the doors make of calls that are in order, and of faults of our own."""

import json
import time
from base64 import b64decode
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import OperationalError
from django.utils import timezone

from media.models import AssetUse
from messaging import queueing
from messaging.content import Content, Slide
from messaging.models import ApiKey, KeptContent, Message, Transaction
from messaging.templates import save_template
from tests.messaging.compat import calls
from tests.messaging.compat.calls import HOST, put
from tests.messaging.compat.conftest import Internet, xml

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender) -> None: ...


def sent(answer: Any) -> Message:
    assert answer.status_code in (200, 201), answer.content
    return Message.objects.latest("created_at")


def test_a_json_web_token_decides_and_a_bad_one_is_final(post, service_key: str, issued_key) -> None:
    row, _token, secret = issued_key
    claims = {"iss": row.prefix, "iat": int(time.time())}
    good = jwt.encode(claims, b64decode(secret), algorithm="HS256")
    body = calls.body("webex", service_key)
    assert post("webex", body, key="", authorization=f"Bearer {good}").status_code == 201
    # With a good key beside it.
    assert post("webex", body, authorization=f"Bearer {good[:-4]}AAAA").status_code == 401
    assert post("webex", body, authorization="Bearer x").content == b""


def test_a_call_is_noted_on_its_key(post, service_key: str, key: ApiKey) -> None:
    post("sinch", b"{}")
    assert ApiKey.objects.get().last_used_at is None
    post("sinch", calls.body("sinch", service_key))
    assert ApiKey.objects.get().last_used_at is not None


def test_a_key_sends_from_its_own_senders_only(post, service_key: str, key: ApiKey, make_sender, account) -> None:
    key.senders.add(make_sender(account, "72404"))
    assert post("webex", calls.body("webex", service_key)).json()["code"] == "7101"
    assert sent(post("webex", calls.body("webex", service_key, put("72404", "from")))).sender.address == "72404"


def test_a_long_number_is_spelled_without_its_plus(post, service_key: str, make_sender, account) -> None:
    make_sender(account, "+16475550199", kind="10dlc")
    message = sent(post("sinch", calls.body("sinch", service_key, put("16475550199", "from"))))
    assert message.sender.address == "+16475550199"


def test_telesign_sends_from_whoever_suits_unless_a_sender_is_named(post, service_key, make_sender, account) -> None:
    make_sender(account, "72404")
    assert len(sent(post("telesign", calls.body("telesign", service_key))).carriers) == 2
    named = sent(post("telesign", calls.body("telesign", service_key, put("72404", "sender_id"))))
    assert (named.sender.address, named.alternatives) == ("72404", [])


@pytest.mark.parametrize("kind", ["MKT", "ARN", "OTP"])
def test_the_message_type_of_telesign_is_its_purpose(kind: str, post, service_key: str) -> None:
    message = sent(post("telesign", calls.body("telesign", service_key, put(kind, "message_type"))))
    assert message.purpose == ("marketing" if kind == "MKT" else "transactional")


def test_times_of_webex(post, service_key: str) -> None:
    due = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    change = calls.put
    message = sent(post("webex", calls.body("webex", service_key, change(due.isoformat(), "sendAt"))))
    assert (message.send_at, message.expire_at) == (due, None)

    def both(call: dict[str, Any]) -> None:
        call.update(sendAt=due.isoformat(), validity="3600")

    message = sent(post("webex", calls.body("webex", service_key, both)))
    assert message.expire_at == due + timedelta(hours=1)
    # What lies in the past is sent now, and nothing lives longer than a week.
    past = lambda call: call.update(sendAt="2020-01-01T00:00:00Z", validity=9_999_999_999)  # noqa: E731
    message = sent(post("webex", calls.body("webex", service_key, past)))
    assert message.send_at is None
    assert timedelta(days=6) < message.expire_at - timezone.now() <= timedelta(days=7)


def test_an_expiry_that_has_passed_is_named(post, service_key: str) -> None:
    answer = post("webex", calls.body("webex", service_key, put("2020-01-01T00:00:00Z", "expireAt")))
    assert answer.json() == {"code": "7004", "message": "Invalid parameter: expireAt"}


def test_values_of_webex_and_names_without_one(post, service_key: str) -> None:
    def change(call: dict[str, Any]) -> None:
        call["content"]["attachments"][0]["messageText"] = "$(a) $(b) $(c)"
        call["substitutions"] = {"a": "all", "b": "all", "odd name!": "x"}
        call["to"][0]["substitutions"] = {"b": "one"}

    message = sent(post("webex", calls.body("webex", service_key, change)))
    row = message.transactions.get()
    filled = message.frozen.substituted({**message.substitutions, **row.substitutions})
    assert filled.slides[0].text == "all one $(c)"


def test_what_looks_like_a_placeholder_stays_as_written_elsewhere(post, service_key: str) -> None:
    message = sent(post("sinch", calls.body("sinch", service_key, put("Cost $(price)", "message-subject"))))
    assert message.frozen.substituted(message.substitutions).subject == "Cost $(price)"


def test_many_numbers_of_webex_are_one_message(post, ask, service_key: str) -> None:
    people = [
        {"msisdn": ["+16475550100", " +16475550101"], "correlationId": "a"},
        {"msisdn": ["+16475550102"], "correlationId": "b"},
    ]
    answer = post("webex", calls.body("webex", service_key, put(people, "to")))
    rows = sent(answer).transactions.order_by("position")
    assert [(row.recipient[-2:], row.correlation_id) for row in rows] == [("00", "a"), ("01", "a"), ("02", "b")]
    state = ask("webex", answer.json()["messageId"]).json()
    assert (state["status"], state["correlationId"], state["to"]) == ("queued", "a", "16475550100")
    assert "clientId" not in state


def test_a_state_needs_the_right_to_read(post, ask, service_key: str) -> None:
    ref = post("telesign", calls.body("telesign", service_key)).json()["reference_id"]
    assert ask("telesign", ref).json()["status"]["code"] == 3001
    ApiKey.objects.update(scopes=["messages:send"])
    assert ask("telesign", ref).status_code == 401


def test_a_saved_message_of_ours_is_sent_by_its_id(post, service_key: str, composer) -> None:
    content = Content("Hats", "Hats", (Slide("New hats, $(name)"),))
    template = save_template(
        Content.from_json({**content.to_json(), "fallback": {"text": "New hats"}}), name="Hats", user=composer
    )

    def change(call: dict[str, Any]) -> None:
        del call["content"]
        call.update(template={"id": str(template.pk)}, substitutions={"name": "Ann"})

    message = sent(post("webex", calls.body("webex", service_key, change)))
    assert (message.template, message.template_version) == (template, template.version)
    assert message.frozen.substituted(message.substitutions).slides[0].text == "New hats, Ann"


@pytest.mark.parametrize("provider", ["sinch", "skycore"])
def test_a_content_is_stored_and_sent_later(provider: str, post, service_key: str, other_key, internet) -> None:
    save, send, ref, subject = {
        "sinch": ("savemms", "sendsavedmms", "mms-id", "message-subject"),
        "skycore": ("saveMMS", "sendSavedMMS", "MMSID", "CUSTOMSUBJECT"),
    }[provider]
    action = "action" if provider == "sinch" else "ACTION"
    saving = calls.body(provider, service_key, lambda call: call.update({action: save, "name": "autumn"}))
    answer = post(provider, saving)
    stored = answer.json()[ref] if provider == "sinch" else xml(answer.content)[ref]
    assert not Message.objects.exists()
    [row] = KeptContent.objects.all()
    assert AssetUse.objects.get().label == f"kept:{row.pk}"

    def again(call: dict[str, Any]) -> None:
        call.update({action: send, ref: stored, subject: "Winter"})
        call.pop("slide", None), call.pop("SLIDE", None)

    message = sent(post(provider, calls.body(provider, service_key, again)))
    assert message.frozen.subject == "Winter"
    [slide] = message.frozen.slides
    assert (slide.text, slide.parts[0].kind) == ("Look", "image")
    assert internet.asked == ["files.example.org/a.jpg"]
    assert AssetUse.objects.filter(label=f"message:{message.pk}").exists()
    # It is its key's own.
    theirs = calls.body(provider, other_key[1], again)
    answer = post(provider, theirs, **({"x-api-key": other_key[1]} if provider == "sinch" else {}))
    assert b"E241" in answer.content


def test_a_file_of_another_kind_is_not_stored(post, service_key: str) -> None:
    def change(call: dict[str, Any]) -> None:
        call.update(action="savemms", name="x", slide=[{"calendar": {"url": f"{HOST}/a.pdf"}}])

    assert post("sinch", calls.body("sinch", service_key, change)).json()["error-code"] == "E629"
    assert not KeptContent.objects.exists()


def test_the_slide_that_is_wrong_is_named(post, service_key: str) -> None:
    slides = [{"message-text": "Hi"}, {"image": {"url": f"{HOST}/gone.jpg"}}]
    answer = post("sinch", calls.body("sinch", service_key, put(slides, "slide"))).json()
    assert answer["error-info"] == "Could not copy image in slide 2"


@pytest.mark.parametrize("provider", calls.GOOD)
def test_a_fault_of_ours_is_told_in_the_providers_words(provider: str, post, service_key: str, monkeypatch) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(queueing, "write", away)
    answer = post(provider, calls.body(provider, service_key))
    said = {"webex": b"", "telesign": b"3500", "sinch": b"E503", "skycore": b"E503"}[provider]
    assert answer.status_code == {"webex": 500, "telesign": 503}.get(provider, 200)
    assert said in answer.content
    assert b"Traceback" not in answer.content
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("provider", calls.GOOD)
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"<a>" * 50_000, b"null", b"x" * 3_000_000]
)
def test_no_body_is_too_odd_for_an_answer(provider: str, body: bytes, post) -> None:
    answer = post(provider, body)
    assert answer.status_code in {200, 400, 401}
    assert not Message.objects.exists()


def test_half_a_character_is_refused_and_not_stored(post, service_key: str) -> None:
    body = calls.body("telesign", service_key).replace(b"Autumn offer", b"\\ud83d")
    assert post("telesign", body).json()["status"]["code"] == 3108
    assert json.loads(post("webex", calls.body("webex", service_key).replace(b"Look", b"\\ud83d")).content)["code"] == (
        "7004"
    )
