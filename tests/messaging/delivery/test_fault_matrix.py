"""Every fault of the line at every provider: the class it is given, and that nothing is lost or sent twice."""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.files.storage import default_storage

from media.uploads import store
from messaging import delivery
from messaging.gateway import http, registry
from messaging.models import Message, ProviderAccount, SendAttempt
from mmsportal.sandbox.testing import Running
from tests.media import samples
from tests.messaging.delivery.test_four_providers import number, one_picture
from tests.working import settled, work

pytestmark = pytest.mark.django_db(transaction=True)
PROVIDERS = registry.names()
# What the first try is given, by fault (reliability, 2.5). Where the call never left, it may be repeated.
LINE = ("refused", "unknown name", "connect timeout")
AFTER = {"24": "500 after", "25": "hang", "26": "reset", "27": "drip", "28": "garbage", "29": "gzip bomb"}
# Telesign's own word for an internal error is 3500, "resubmit"; elsewhere it says nothing about acceptance.
BEFORE = {"webex": "U", "telesign": "R", "sinch": "U", "skycore": "U"}
SHORT = 0.6
MOST_MEMORY = 64 * 1024


@pytest.fixture(autouse=True)
def _files_here(tmp_path, settings, live_server) -> None:
    default_storage.location = str(tmp_path)
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url


@pytest.fixture
def carrier(request: pytest.FixtureRequest, make_account, sandbox: Running) -> ProviderAccount:
    return make_account(request.param)


@pytest.fixture
def message(carrier: ProviderAccount, make_sender, queued) -> Callable[[str], Message]:
    def send(ending: str) -> Message:
        picture = store(samples.jpeg(64, 48), name="autumn.jpg", owner="user:1")
        return queued(number(ending), sender=make_sender(carrier), content=one_picture(picture))

    return send


def first_outcome(message: Message) -> str:
    return SendAttempt.objects.filter(transaction__message=message).earliest("number").outcome


def accepted(sandbox: Running) -> int:
    return len(sandbox.ledger(kind="accepted"))


@contextmanager
def full_backlog() -> Iterator[str]:
    """An address whose queue of connections is full, so that the next one is never answered."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"
        for client in waiting:
            client.close()


@contextmanager
def nowhere(fault: str) -> Iterator[str]:
    if fault == "connect timeout":
        with full_backlog() as place:
            yield f"http://{place}"
    elif fault == "refused":
        yield "http://127.0.0.1:9"
    else:
        yield "https://api.nowhere.invalid"


@pytest.mark.parametrize("fault", LINE)
@pytest.mark.parametrize("carrier", PROVIDERS, indirect=True)
def test_a_line_that_never_opened_is_tried_again(
    carrier: ProviderAccount, message, sandbox: Running, fault: str, settings, monkeypatch
) -> None:
    sound = carrier.base_url
    monkeypatch.setattr(http, "CONNECT_TIMEOUT", 0.3)
    with nowhere(fault) as address:
        settings.ALLOW_PRIVATE_TARGETS |= {address.rpartition("/")[2]}
        ProviderAccount.objects.update(base_url=address)
        sent = message("00")
        delivery.pump(once=True)
    row = sent.transactions.get()
    assert (first_outcome(sent), row.status, accepted(sandbox)) == ("R", "queued", 0)

    ProviderAccount.objects.update(base_url=sound)
    work(settled(sent.transactions))

    assert (sent.transactions.get().status, accepted(sandbox)) == ("delivered", 1)


@pytest.mark.parametrize("ending", AFTER, ids=AFTER.get)
@pytest.mark.parametrize("carrier", PROVIDERS, indirect=True)
def test_a_fault_after_acceptance_is_unknown_until_the_receipt(
    carrier: ProviderAccount, message, sandbox: Running, ending: str, monkeypatch
) -> None:
    monkeypatch.setattr(registry.provider(carrier.provider).client, "CALL_SECONDS", SHORT)
    sent = message(ending)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    delivery.pump(once=True)

    assert first_outcome(sent) == "U"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY
    work(settled(sent.transactions))
    assert (sent.transactions.get().status, accepted(sandbox)) == ("delivered", 1)
    assert sent.transactions.get().attempts.count() == 1


def test_a_message_by_get_whose_answer_was_reset_is_not_sent_again(
    make_account, make_sender, queued, sandbox: Running
) -> None:
    picture = store(samples.jpeg(64, 48), name="autumn.jpg", owner="user:1")
    sender = make_sender(make_account("skycore", options={"use_get": True}))
    sent = queued(number("26"), sender=sender, content=one_picture(picture))

    delivery.pump(once=True)

    assert (first_outcome(sent), accepted(sandbox)) == ("U", 1)
    assert SendAttempt.objects.get().request["method"] == "GET"
    work(settled(sent.transactions))
    assert (sent.transactions.get().status, accepted(sandbox)) == ("delivered", 1)


@pytest.mark.parametrize("carrier", PROVIDERS, indirect=True)
def test_an_error_before_acceptance_is_repeated_only_where_the_provider_says_so(
    carrier: ProviderAccount, message, sandbox: Running
) -> None:
    sent = message("23")
    delivery.pump(once=True)
    assert first_outcome(sent) == BEFORE[carrier.provider]

    if BEFORE[carrier.provider] == "R":
        work(settled(sent.transactions))
        assert (sent.transactions.get().status, accepted(sandbox)) == ("delivered", 1)
    else:
        for _turn in range(3):
            delivery.pump(once=True)
        assert (sent.transactions.get().status, accepted(sandbox)) == ("unknown", 0)
        assert sent.transactions.get().attempts.count() == 1


@pytest.mark.parametrize(("ending", "outcome"), [("22", "R"), ("33", "C")], ids=["throttled", "credentials revoked"])
@pytest.mark.parametrize("carrier", PROVIDERS, indirect=True)
def test_a_passing_refusal_burns_nothing(
    carrier: ProviderAccount, message, sandbox: Running, ending: str, outcome: str
) -> None:
    sent = message(ending)
    delivery.pump(once=True)
    assert (first_outcome(sent), sent.transactions.get().status) == (outcome, "queued")

    def arrived() -> bool:
        ProviderAccount.objects.filter(paused_at__isnull=False).update(paused_at=None, config_faults=0)
        return settled(sent.transactions)()

    work(arrived)

    assert (sent.transactions.get().status, accepted(sandbox)) == ("delivered", 1)
