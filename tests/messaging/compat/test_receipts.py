"""What becomes of a message, in the words of the format it came in, whoever carried it."""

import json
from collections.abc import Callable

import pytest
from django.utils import timezone

from messaging import callbacks, consent, timeline
from messaging.callbacks.claiming import claim, record
from messaging.callbacks.posting import NOT_TAKEN, Answer
from messaging.models import ApiKey, Callback, CallbackEndpoint, Message, OptOut, TimelineEntry
from messaging.statuses import Status
from messaging.steering import stop
from tests.messaging.compat import calls
from tests.messaging.compat.calls import put
from tests.messaging.compat.conftest import Internet, xml

pytestmark = pytest.mark.django_db
Say = Callable[..., list[str]]
# What the provider that carried it said: state, code, and whether the SMS reached the phone instead.
SAID: dict[str, tuple[Status, str, str]] = {
    "submitted": (Status.SUBMITTED, "7501", ""),
    "delivered": (Status.DELIVERED, "7500", ""),
    "delivered as SMS": (Status.DELIVERED, "7500", "sms"),
    "read": (Status.READ, "7524", ""),
    "expired": (Status.EXPIRED, "7208", ""),
    "address": (Status.FAILED, "7553", ""),
    "content": (Status.FAILED, "7555", ""),
    "too big": (Status.FAILED, "E331", ""),
    "not fetched": (Status.FAILED, "media_lost", ""),
    "unknown": (Status.FAILED, "7999", ""),
    "no report": (Status.UNCONFIRMED, "", ""),
}
TOLD: dict[str, dict[str, str]] = {
    "webex": {
        "submitted": "7501 Submitted",
        "delivered": "7500 Delivered",
        "delivered as SMS": "7500 Delivered",
        "read": "7524 Read",
        "expired": "7208 Un-Delivered",
        "address": "7553 Failed",
        "content": "7554 Failed",
        "too big": "7554 Failed",
        "not fetched": "7554 Failed",
        "unknown": "7556 Failed",
        "no report": "",
    },
    "telesign": {
        "submitted": "3002 mms",
        "delivered": "3000 mms",
        "delivered as SMS": "3000 sms",
        "read": "3005 mms",
        "expired": "3003 sms: 3033",
        "address": "3003 sms: 3101",
        "content": "3003 sms: 3035",
        "too big": "3003 sms: 3061",
        "not fetched": "3003 sms: 3035",
        "unknown": "3003 sms: 3042",
        "no report": "3004 mms",
    },
    "sinch": {
        "submitted": "N101 Sent",
        "delivered": "N102 Delivered",
        "delivered as SMS": "N102 Delivered SMS",
        "read": "",
        "expired": "N103 Expired",
        "address": "E102 Unrecognised",
        "content": "E011 Content validation failed",
        "too big": "E011 Content validation failed",
        "not fetched": "E011 Content validation failed",
        "unknown": "E102 Rejected",
        "no report": "",
    },
    "skycore": {
        "submitted": "N101 Message Sent",
        "delivered": "N102 Message Sent/Delivered",
        "delivered as SMS": "N202 Message Sent/Delivered SMS",
        "read": "",
        "expired": "E102 Message Sent/Expired",
        "address": "E102 Message Sent/Failed",
        "content": "E102 Message Sent/NotSupported",
        "too big": "E101 Message Failed",
        "not fetched": "E101 Message Failed",
        "unknown": "E102 Message Sent/Rejected",
        "no report": "",
    },
}


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender, key: ApiKey) -> None:
    end = callbacks.register(key, "https://shop.example.org/news")
    callbacks.vouch(end, now=timezone.now())


@pytest.fixture
def say() -> Say:
    """Let the provider say something of the one message; gives what is owed to the caller, in short."""

    def happen(state: Status | None, code: str, via: str = "", *, kind: str = "receipt", **data: object) -> list[str]:
        row, now = Message.objects.get().transactions.get(), timezone.now()
        row.next_attempt_at = None
        source = "provider" if code.isdecimal() else "portal"
        fact = TimelineEntry(
            transaction=row,
            at=now,
            received_at=now,
            source=source,
            kind=kind,
            state=state or "",
            via=via,
            code=code,
            data=data,
            dedupe_key=f"{kind}:{code}",
        )
        timeline.append([fact])
        timeline.settle([row], now=now, also=["next_attempt_at"])
        return [short(one) for one in Callback.objects.order_by("sequence")]

    return happen


def short(callback: Callback) -> str:
    """The code of a receipt with the words that go with it."""
    body = bytes(callback.body)
    if callback.dialect == "skycore":
        said = xml(body, "POSTBACK")
        return " ".join(filter(None, (said["CODE"], said["STATUS"], said.get("SENTAS", "").replace("MMS", ""))))
    said = json.loads(body)
    if callback.dialect == "webex":
        info = said["deliveryInfoNotification"]["deliveryInfo"]
        return f"{info['code']} {info['deliveryStatus']}"
    if callback.dialect == "sinch":
        return " ".join(filter(None, (said["code"], said["status"], said.get("sent-as", "").replace("MMS", ""))))
    code, last = said["status"]["code"], said["status"]["last_channel"]
    reason = said["channel_status"][-1][last]["code"]
    return f"{code} {last}" if code == reason else f"{code} {last}: {reason}"


@pytest.mark.parametrize("what", SAID)
@pytest.mark.parametrize("provider", calls.GOOD)
def test_a_receipt_in_the_callers_words(provider: str, what: str, post, service_key: str, say: Say, account) -> None:
    post(provider, calls.body(provider, service_key))
    if what == "too big":
        account.provider = "skycore"
        account.save()
    expected = TOLD[provider][what]
    assert say(*SAID[what]) == ([expected] if expected else [])


def test_clicks_are_told_to_webex_callers_with_the_link_and_nobodys_address(post, service_key: str, say: Say) -> None:
    post("webex", calls.body("webex", service_key))
    say(Status.DELIVERED, "7500")
    link = "https://shop.example.org/autumn"
    assert say(Status.READ, "7525", kind="clicked", detail=link)[-1] == "7525 Clicked"
    info = json.loads(bytes(Callback.objects.latest("sequence").body))["deliveryInfoNotification"]["deliveryInfo"]
    assert (info["Description"], info["additionalInfo"]) == (f"{link}|", "")


def test_only_what_was_asked_for_is_told(post, service_key: str, say: Say) -> None:
    post("webex", calls.body("webex", service_key, put(["DELIVERED"], "requestedReceipts")))
    say(Status.SUBMITTED, "7501")
    assert say(Status.DELIVERED, "7500") == ["7500 Delivered"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("webex", "7556 Failed"),
        ("telesign", "3003 sms: 3042"),
        ("sinch", "E102 Rejected"),
        ("skycore", "E102 Message Sent/Rejected"),
    ],
)
def test_a_message_that_staff_withdraw_comes_to_an_end(provider: str, expected: str, post, service_key: str) -> None:
    post(provider, calls.body(provider, service_key))
    stop(Message.objects.get())
    assert [short(one) for one in Callback.objects.all()] == [expected]


def test_who_has_opted_out_among_others_is_told_at_once(post, service_key: str, sender) -> None:
    consent.opt_out("+16475550101", sender, source=OptOut.Source.HANDSET, evidence="STOP", now=timezone.now())
    people = [{"msisdn": ["+16475550100"]}, {"msisdn": ["+16475550101"], "correlationId": "stopped"}]
    assert post("webex", calls.body("webex", service_key, put(people, "to"))).status_code == 201
    [callback] = Callback.objects.all()
    assert short(callback) == "7223 Failed"
    assert json.loads(bytes(callback.body))["deliveryInfoNotification"]["correlationid"] == "stopped"


@pytest.mark.parametrize(("provider", "member"), [("webex", "notifyUrl"), ("telesign", "callback_url")])
def test_an_address_in_the_call_goes_before_the_keys_own(provider, member, post, service_key: str, say: Say) -> None:
    url = "https://shop.example.org/hooks/1?x=1"
    post(provider, calls.body(provider, service_key, put(url, member)))
    say(Status.DELIVERED, "7500")
    assert Callback.objects.get().url == url


def test_without_an_endpoint_nobody_is_told(post, service_key: str, say: Say) -> None:
    CallbackEndpoint.objects.all().delete()
    post("sinch", calls.body("sinch", service_key))
    assert say(Status.DELIVERED, "7500") == []


def tried(status: int) -> Callback:
    """The one receipt after a try that was answered so."""
    [taken] = claim(10, most_of_one_key=10)
    record([(taken, Answer(status, NOT_TAKEN))])
    return Callback.objects.get()


@pytest.mark.parametrize("provider", calls.GOOD)
def test_a_receipt_is_repeated_as_that_provider_repeats_it(provider: str, post, service_key: str, say: Say) -> None:
    post(provider, calls.body(provider, service_key))
    say(Status.DELIVERED, "7500")
    waits = []
    while (row := tried(500)).state == Callback.State.WAITING:
        waits.append(round((row.next_attempt_at - row.tried_at).total_seconds()))
        Callback.objects.update(next_attempt_at=row.tried_at)
        assert len(waits) < 10
    assert waits == {"webex": [60] * 3, "telesign": [5, 10, 15], "sinch": [300] * 5, "skycore": [300] * 5}[provider]
    assert row.state == Callback.State.EXHAUSTED


def test_what_webex_does_not_repeat_is_given_up_at_once(post, service_key: str, say: Say) -> None:
    post("webex", calls.body("webex", service_key))
    say(Status.DELIVERED, "7500")
    assert tried(404).state == Callback.State.EXHAUSTED
