"""The test of an account: right about credentials, senders and addresses, and never a message to anybody."""

import asyncio
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.db.transaction import atomic
from django.utils import timezone

from media import uploads
from media.models import Asset
from messaging import health
from messaging.gateway import registry
from messaging.gateway.contract import HttpAnswer
from messaging.gateway.errors import NotAccepted
from messaging.gateway.serving import server
from messaging.health import Health, HealthFinding
from messaging.models import ProviderAccount, Sender
from messaging.reachability import Place, _doubt, _judged
from mmsportal.sandbox.testing import Running, running

PATHS = {
    "webex": "/webex",
    "telesign": "/telesign",
    "sinch": "/sinch/ep/v2",
    "skycore": "/skycore/API/wxml/1.3/index.php",
}
# Telesign tells about senders only when a message is sent.
TELL_SENDERS = {"webex", "sinch", "skycore"}
VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:+16475550142\r\nEND:VCARD\r\n"
MakeAccount = Callable[..., ProviderAccount]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def played(live_server, settings) -> Iterator[Running]:
    """All providers on loopback, and the portal itself at its public addresses."""
    with running() as sandbox:
        settings.PUBLIC_BASE_URL = settings.MEDIA_PUBLIC_BASE_URL = live_server.url
        settings.ALLOW_PRIVATE_TARGETS = frozenset({sandbox.base_url.removeprefix("http://")})
        yield sandbox


@pytest.fixture
def made(played: Running) -> MakeAccount:
    def make(provider: str, *addresses: str, **credentials: str) -> ProviderAccount:
        account = ProviderAccount(name=provider, provider=provider, base_url=played.base_url + PATHS[provider])
        known = {name: values[0] for name, values in server(provider).DEMO.credentials.items()}
        account.credentials = {**known, **credentials}
        account.save()
        for address in addresses:
            Sender.objects.create(address=address, kind="short_code", account=account)
        return account

    return make


def findings_of(account: ProviderAccount) -> dict[str, HealthFinding]:
    return {finding.what: finding for finding in health.test(account, now=timezone.now())}


@pytest.mark.parametrize("provider", PATHS)
def test_an_account_in_order_is_found_so_and_nobody_gets_a_message(made, played, provider) -> None:
    account = made(provider, "34343")
    found = findings_of(account)
    assert found["Credentials"].verdict is Health.GOOD
    told = Health.GOOD if provider in TELL_SENDERS else Health.UNKNOWN
    assert found["Sender 34343"].verdict is told
    assert played.ledger(kind="accepted") == []
    assert played.ledger(kind="saved") == []
    account.refresh_from_db()
    assert account.tested_at is not None
    assert [row["what"] for row in account.test_findings] == list(found)


@pytest.mark.parametrize("provider", PATHS)
def test_wrong_credentials_are_named_with_the_way_out_and_knocked_once(made, played, provider) -> None:
    wrong = dict.fromkeys(server(provider).DEMO.credentials, "wrong-and-secret")
    if provider == "webex":
        wrong = {"service_key": "wrong-and-secret", "service_id": "", "service_secret": ""}
    account = made(provider, "34343", "99999", **wrong)
    found = findings_of(account)
    assert found["Credentials"].verdict is Health.BAD
    assert found["Credentials"].fix
    assert found["Sender 34343"].verdict is Health.UNKNOWN
    assert "wrong-and-secret" not in str(found)
    assert len(played.ledger(kind="refused")) == 1


@pytest.mark.parametrize("provider", sorted(TELL_SENDERS))
def test_a_sender_of_somebody_else_is_told_apart_from_a_good_one(made, provider) -> None:
    found = findings_of(made(provider, "34343", "55555"))
    assert found["Credentials"].verdict is Health.GOOD
    assert found["Sender 34343"].verdict is Health.GOOD
    bad = found["Sender 55555"]
    assert bad.verdict is Health.BAD
    assert bad.fix


@pytest.mark.parametrize("provider", PATHS)
def test_an_account_without_senders_is_tried_all_the_same(made, provider) -> None:
    found = findings_of(made(provider))
    assert found["Credentials"].verdict is not Health.BAD
    assert found["Senders"].verdict is Health.UNKNOWN


def test_five_senders_are_tried_and_the_rest_is_said(made) -> None:
    found = findings_of(made("webex", *(f"7000{number}" for number in range(7))))
    assert sum(what.startswith("Sender ") for what in found) == 5
    assert "2 senders" in found["Other senders"].text


def test_credentials_that_are_missing_or_cannot_be_opened(made, account) -> None:
    empty = made("sinch", "34343", api_key="")
    assert findings_of(empty)["Credentials"].verdict is Health.BAD
    ProviderAccount.objects.filter(pk=account.pk).update(credentials_sealed="gAAAA-not-ours")
    account.refresh_from_db()
    found = findings_of(account)
    assert found["Credentials"].verdict is Health.BAD
    assert "Receipts" in found


def test_a_provider_that_takes_no_connection(made) -> None:
    account = made("webex", "34343")
    account.base_url = "https://127.0.0.1:9"
    found = findings_of(account)
    assert found["Provider"].verdict is Health.BAD
    assert "private" in found["Provider"].text
    assert "Credentials" not in found


def test_a_provider_whose_folder_is_gone(made) -> None:
    account = made("webex")
    ProviderAccount.objects.update(provider="gone")
    account.refresh_from_db()
    assert findings_of(account)["Provider"].verdict is Health.BAD


class Rude(BaseHTTPRequestHandler):
    """A rude server: it repeats what it was sent, in an answer that makes no sense, and files have no length there."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])) + str(self.headers).encode()
        self.send_response(418)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_more: object) -> None:
        pass


@pytest.fixture
def rude() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Rude) as listening:
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"127.0.0.1:{listening.server_port}"
        listening.shutdown()


@pytest.mark.parametrize("provider", ["webex", "sinch", "skycore"])
def test_what_a_provider_repeats_of_our_secrets_is_not_kept(made, rude, settings, provider) -> None:
    account = made(provider, "34343")
    settings.ALLOW_PRIVATE_TARGETS = frozenset({rude})
    account.base_url = f"http://{rude}"
    found = str(findings_of(account))
    for secret in account.credentials.values():
        assert secret not in found
    assert account.webhook_secret not in found


def test_it_refuses_to_run_while_a_transaction_is_open(account) -> None:
    with atomic(), pytest.raises(RuntimeError):
        health.test(account, now=timezone.now())


def test_our_own_addresses_work_but_no_provider_reaches_loopback(made) -> None:
    found = findings_of(made("webex"))
    for what, setting in (("Receipts", "PUBLIC_BASE_URL"), ("Media", "MEDIA_PUBLIC_BASE_URL")):
        assert found[what].verdict is Health.WARN
        assert "The provider cannot reach this" in found[what].text
        assert setting in found[what].fix
    assert "library offers none" in found["Media"].text


def test_a_file_of_the_library_is_looked_for(made, rude, settings) -> None:
    account = made("webex")
    uploads.store(VCARD, name="ann.vcf", owner="user:0")
    assert "with its type and length" in findings_of(account)["Media"].text
    Asset.objects.update(expires_at=timezone.now())
    assert "library offers none" in findings_of(account)["Media"].text
    Asset.objects.update(expires_at=None)
    settings.MEDIA_PUBLIC_BASE_URL = f"http://{rude}"
    without = findings_of(account)["Media"]
    assert without.verdict is Health.BAD
    assert "without its length" in without.text


def test_a_door_for_listed_networks_only_is_not_called_broken(made) -> None:
    account = made("webex")
    account.source_cidrs = ["203.0.113.0/24"]
    account.save()
    found = findings_of(account)["Receipts"]
    assert found.verdict is Health.UNKNOWN
    assert "listed networks" in found.text


def test_an_address_where_nothing_listens(made, settings) -> None:
    account = made("webex")
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    found = findings_of(account)["Receipts"]
    assert found.verdict is Health.BAD
    assert account.webhook_secret not in str(found)


@pytest.mark.parametrize(
    ("place", "answer", "verdict"),
    [
        ({}, HttpAnswer(200, {}, b""), Health.GOOD),
        ({}, HttpAnswer(401, {}, b""), Health.BAD),
        ({"closed": True}, HttpAnswer(401, {}, b""), Health.UNKNOWN),
        ({"closed": True}, HttpAnswer(502, {}, b""), Health.BAD),
        ({}, HttpAnswer(301, {"location": "https://example.com"}, b""), Health.BAD),
        ({}, NotAccepted("connect_failed"), Health.BAD),
        ({"mime_type": "image/png", "size": 7}, HttpAnswer(200, {}, b""), Health.BAD),
        (
            {"mime_type": "image/png", "size": 7},
            HttpAnswer(200, {"content-length": "7", "content-type": "text/html"}, b""),
            Health.BAD,
        ),
        (
            {"mime_type": "image/png", "size": 7},
            HttpAnswer(200, {"content-length": "7", "content-type": "image/png; q=1"}, b""),
            Health.GOOD,
        ),
    ],
)
def test_an_answer_of_our_own_door_is_judged(place, answer, verdict) -> None:
    found, text, fix = _judged(Place("Media", "https://mms.example.com/x", "MEDIA_PUBLIC_BASE_URL", **place), answer)
    assert found is verdict
    assert text
    assert bool(fix) is (found is Health.BAD)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://8.8.8.8/m/x", ""),
        ("http://8.8.8.8/m/x", "plain http"),
        ("https://127.0.0.1:8000/", "private network"),
        ("https://10.1.2.3/", "private network"),
        ("https://[::1]:8000/", "private network"),
        ("https://localhost/", "private network"),
        ("https://portal.invalid/", "cannot be resolved"),
    ],
)
def test_where_an_address_lies_is_doubted(url, said) -> None:
    doubt = asyncio.run(_doubt(url))
    assert said in doubt
    assert bool(doubt) is bool(said)


def test_every_provider_can_be_tried() -> None:
    assert all(registry.provider(name).probe for name in PATHS)
