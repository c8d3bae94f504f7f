"""From a request of an integration to the news at its server: provider, receipts, worker and all."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from messaging import callbacks, tasks
from messaging.models import Callback, Message, Transaction
from messaging.steering import stop
from mmsportal.sandbox.testing import Running
from tests.messaging.callbacks.receiver import Receiver, receiving
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)
OUTCOMES = {
    "+12125550100": ["submitted", "delivered"],
    "+12125550102": ["submitted", "delivered", "read", "clicked"],
    "+12125550104": ["submitted", "expired"],
    "+12125550105": ["submitted", "failed"],
    "+12125550107": ["submitted", "delivered"],
    "+12125550108": ["submitted", "delivered"],
    "+12125550111": ["submitted", "delivered"],
    "+12125550112": ["submitted", "expired", "delivered"],
    "+12125550120": ["failed"],
}


@pytest.fixture
def shop(settings, sandbox: Running) -> Iterator[Receiver]:
    with receiving("challenge") as (one,):
        settings.ALLOW_PRIVATE_TARGETS = settings.ALLOW_PRIVATE_TARGETS | {one.host}
        yield one


@pytest.fixture
def api(issued_key) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_KEY=issued_key[1])
    return client


@pytest.fixture
def sent(shop: Receiver, api: APIClient, sender) -> Callable[..., Message]:
    """A message over the API whose caller has registered and verified its host."""

    def send(*numbers: str) -> Message:
        made = api.post("/api/v1/callback-endpoints", {"url": shop.url}).json()
        shop.secret = made["secret"]
        assert api.post(f"/api/v1/callback-endpoints/{made['id']}/verify", {}).json()["state"] == "active"
        shop.mood, shop.heard[:] = "ok", []
        answer = api.post(
            "/api/v1/messages",
            {
                "from": "34343",
                "to": [{"msisdn": number, "correlation_id": f"order-{number[-2:]}"} for number in numbers],
                "content": {
                    "subject": "Hello",
                    "slides": [{"text": "Hello"}],
                    "fallback": {"text": "Hello", "link": True},
                },
                "notify_url": f"http://{shop.host}/orders?batch=7",
                "callback_data": "campaign=118",
            },
        )
        assert answer.status_code == 201, answer.content
        return Message.objects.get(pk=answer.json()["id"])

    return send


def test_every_outcome_is_told_in_our_words_and_none_twice(sent, shop: Receiver) -> None:
    message = sent(*OUTCOMES)
    wanted = sum(len(events) for events in OUTCOMES.values())
    work(lambda: Callback.objects.count() >= wanted and settled(message.transactions.all())())
    while callbacks.send(once=True):
        pass

    heard: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for news in shop.verified():
        data = news["data"]
        assert data["correlation_id"] == f"order-{data['to'][-2:]}"
        assert data["callback_data"] == "campaign=118"
        heard[data["to"]].append((data["sequence"], data["event"]))
    told = {number: [event for _sequence, event in sorted(events)] for number, events in heard.items()}
    assert told == OUTCOMES
    assert {one.path for one in shop.heard} == {"/orders"}
    by_sms = [news["data"]["via"] for news in shop.verified() if news["data"]["to"] == "+12125550107"]
    assert by_sms[-1] == "sms"


def test_the_pump_without_a_broker_tells_as_well(sent, shop: Receiver) -> None:
    message = sent("+12125550100")
    stop(message)
    call_command("pump", "--once")
    assert [news["type"] for news in shop.verified()] == ["message.cancelled"]


def test_the_doors_of_the_workers_tell_and_ring_only_when_there_is_something(sent, shop: Receiver, monkeypatch) -> None:
    rung = []
    monkeypatch.setattr(tasks, "_ring", rung.append)
    tasks.ring_callbacks()
    assert rung == []
    stop(sent("+12125550100"))
    rung.clear()
    tasks.drain_receipts()
    assert rung == [tasks.send_callbacks]
    tasks.send_callbacks()
    assert len(shop.verified()) == 1
    assert Transaction.objects.get().callbacks.get().state == "told"
