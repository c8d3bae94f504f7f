"""What every room's tests share: people, an account with a sender, and a way to look at rows."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from threading import enumerate as enumerate_threads
from time import monotonic
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import override_settings
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from media import presence
from messaging import arrivals, meanings
from messaging.addresses import SenderKind
from messaging.content import Content
from messaging.gateway import registry
from messaging.gateway.serving import base_path, served, server
from messaging.models import SCOPES, ApiKey, Message, ProviderAccount, Sender, Transaction, issue_key
from messaging.queueing import Order, RecipientOrder, queue
from mmsportal.sandbox.testing import Running, running
from tests.working import HELLO

WEBEX_CREDENTIALS = {"service_key": "sandbox-service-key"}
PASSWORD = "correct horse battery"
# Seconds: far longer than any takes on a busy machine.
LAST_REQUESTS = 20.0
# What a property proves must not depend on how busy the machine is.
hypothesis.register_profile("untimed", hypothesis(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int:
    """Much of a run is waiting for browsers, sockets and clocks: one worker more than there are cores."""
    return 1 + (os.cpu_count() or 1)


@pytest.fixture(autouse=True, scope="session")
def _settings_of_the_tests() -> Iterator[None]:
    """Quick passwords, no lock on the login, and no second thoughts: what is about the time to undo sets it."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    instantly: dict[str, Any] = {"UNDO_SECONDS": 0, "MEDIA_KNOWN_SECONDS": 0.0, "MEDIA_LOG_SECONDS": 0.0}
    with override_settings(PASSWORD_HASHERS=hashers, AXES_ENABLED=False, **instantly):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What another test explained, and rolled back, must not be known here, nor the language it was in."""
    translation.deactivate()
    meanings.forget()
    arrivals.forget()
    presence.forget()


@pytest.fixture
def account(db) -> ProviderAccount:
    account = ProviderAccount(name="Webex US", provider="webex", base_url="http://127.0.0.1:9/webex")
    account.credentials = WEBEX_CREDENTIALS
    account.save()
    return account


@pytest.fixture
def sender(account: ProviderAccount) -> Sender:
    return Sender.objects.create(address="34343", label="Shop", kind=SenderKind.SHORT_CODE, account=account)


@pytest.fixture
def make_user(db) -> Callable[..., User]:
    if not Group.objects.exists():
        # A test with real commits empties every table behind it, the migrated groups too.
        import_module("messaging.migrations.0002_groups").make_groups(apps, None)
        import_module("messaging.migrations.0008_callbacks").let_keepers(apps, None)
        import_module("messaging.migrations.0013_reading").let_export(apps, None)

    def make(username: str, *groups: str, **more: object) -> User:
        user = User.objects.create_user(username, f"{username}@example.com", PASSWORD, is_staff=True, **more)
        user.groups.set(Group.objects.filter(name__in=groups))
        return user

    return make


@pytest.fixture
def composer(make_user: Callable[..., User]) -> User:
    return make_user("mira", "Composer")


@pytest.fixture
def viewer(make_user: Callable[..., User]) -> User:
    return make_user("vera", "Viewer")


@pytest.fixture
def sender_admin(make_user: Callable[..., User]) -> User:
    return make_user("sam", "Sender admin")


@pytest.fixture
def issued_key(db) -> tuple[ApiKey, str, str]:
    """An API key with every scope: the row, the key, the JWT secret."""
    return issue_key(name="Shop backend", scopes=list(SCOPES))


@pytest.fixture
def order(sender: Sender) -> Callable[..., Order]:
    def make(*numbers: str, content: Content = HELLO, **more: object) -> Order:
        recipients = [RecipientOrder(number) for number in numbers or ("+14165550100",)]
        return Order(**{"sender": sender, "content": content, "recipients": recipients, **more})

    return make


@pytest.fixture
def queued(order: Callable[..., Order]) -> Callable[..., Message]:
    def make(*numbers: str, **more: object) -> Message:
        return queue(order(*numbers, **more), now=timezone.now())

    return make


@pytest.fixture
def transaction(queued: Callable[..., Message]) -> Transaction:
    return queued().transactions.get()


@pytest.fixture
def sandbox(account: ProviderAccount, live_server, settings) -> Iterator[Running]:
    """All providers on loopback, with no rate to speak of; `account` is at its Webex Connect."""
    tenants = {name: replace(server(name).DEMO, tps=10_000) for name in served()}
    with running(tenants=tenants) as sandbox:
        settings.PUBLIC_BASE_URL = live_server.url
        private = {sandbox.base_url.removeprefix("http://"), live_server.url.removeprefix("http://")}
        settings.ALLOW_PRIVATE_TARGETS = frozenset(private)
        account.base_url = f"{sandbox.base_url}/webex"
        account.calls_per_second, account.concurrency = 500, 20
        account.save()
        yield sandbox
    _wait_for_the_last_requests(live_server.url)


@pytest.fixture
def make_account(sandbox: Running) -> Callable[..., ProviderAccount]:
    """Accounts at the sandbox's demo tenants, whose receipts come to the account's own webhook.

    Only Webex Connect is told the webhook in each message: of two accounts at another provider the later one hears.
    """

    def make(provider: str, **more: Any) -> ProviderAccount:
        tenant, client = server(provider).DEMO, registry.provider(provider).client
        account = ProviderAccount(
            name=str(more.pop("name", f"{client.LABEL} {ProviderAccount.objects.count()}")),
            provider=provider,
            base_url=f"{sandbox.base_url}/{provider}{base_path(provider)}",
            calls_per_second=500,
            concurrency=20,
        )
        account.credentials = {
            field.name: tenant.credentials[field.name][0]
            for field in client.CREDENTIALS
            if tenant.credentials.get(field.name)
        }
        for name, value in more.items():
            setattr(account, name, value)
        account.save()
        sandbox.set_tenant(provider, webhook_url=account.webhook_url)
        return account

    return make


@pytest.fixture
def make_sender() -> Callable[..., Sender]:
    """Senders of an account: the short code that every demo tenant has, unless told otherwise."""

    def make(account: ProviderAccount, address: str = "34343", **more: Any) -> Sender:
        return Sender.objects.create(
            **{"address": address, "label": account.name, "kind": SenderKind.SHORT_CODE, "account": account, **more}
        )

    return make


def _wait_for_the_last_requests(server: str) -> None:
    """A receipt that is still being stored while the tables behind a test are emptied would fail, or both would wait.

    Whoever called must have gone: a browser keeps its connections for more, so its page ends before the sandbox does.
    """
    # Taken up after all that came before it, also what nobody had taken up yet.
    httpx.get(f"{server}/healthz", timeout=LAST_REQUESTS)
    ends = monotonic() + LAST_REQUESTS
    for thread in enumerate_threads():
        if "process_request_thread" in thread.name:
            thread.join(max(0.0, ends - monotonic()))
            assert not thread.is_alive(), "somebody still holds a connection: end it before the sandbox ends"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Workers must collect the same names: a value that may print differently in each is named by its argument."""
    return argname if isinstance(val, bytes | dict | list | set) or callable(val) else None
