"""What the demo fills the portal with holds together as real traffic does."""

import functools
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.transaction import atomic, set_rollback
from django.test import override_settings
from django.utils import timezone

from media.inspection import inspect
from media.models import Asset
from messaging import receipts
from messaging.delivery.claiming import claim
from messaging.gateway import registry
from messaging.gateway.serving import served, server
from messaging.models import ApiKey, Message, ProviderAccount, ReceiptInbox, Template, TimelineEntry, Transaction
from messaging.statuses import FINAL
from mmsportal.demo.library import SAMPLES
from mmsportal.demo.people import DEMO_KEY, PASSWORD
from mmsportal.demo.seeding import Seeded, seed
from mmsportal.demo.stage import tenants_file
from mmsportal.demo.traffic import DAYS, ELSEWHERE, LIVE
from mmsportal.sandbox.options import read_tenants

LIVE_NUMBERS = {number for numbers in (*LIVE.values(), *ELSEWHERE.values()) for number in numbers}
# The same files in every test: looking into each of them once is enough.
inspect_once = functools.cache(inspect)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("seeded")


@pytest.fixture(scope="module", autouse=True)
def _own_files(files: Path) -> Iterator[None]:
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": files / "media"}}
    storages = settings.STORAGES | {"default": default}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with pytest.MonkeyPatch.context() as patch, override_settings(STORAGES=storages, PASSWORD_HASHERS=hashers):
        patch.setattr("media.uploads.inspect", inspect_once)
        patch.setattr("mmsportal.env.VAR_DIR", files)
        yield


@pytest.fixture(scope="module")
def _seeded(_own_files: None, django_db_setup, django_db_blocker) -> Iterator[Seeded]:
    """Seeded once for this file; what a test changes is rolled back behind it, the seed behind the last one."""
    with django_db_blocker.unblock(), atomic():
        yield seed("http://127.0.0.1:8001", now=timezone.now())
        set_rollback(True)


@pytest.fixture
def seeded(_seeded: Seeded, db) -> Seeded:
    return _seeded


def test_every_status_is_what_the_timeline_says(seeded: Seeded) -> None:
    out = StringIO()
    call_command("rebuild_status", "--check", stdout=out)
    assert f"{seeded.transactions} transactions, 0 differences" in out.getvalue()


def test_there_is_a_fortnight_with_every_kind_of_end(seeded: Seeded) -> None:
    past = Transaction.objects.exclude(recipient__in=LIVE_NUMBERS)
    statuses = Counter(past.values_list("status", flat=True))
    assert set(statuses) >= {"delivered", "read", "failed", "expired", "unknown", "unconfirmed", "cancelled"}
    assert statuses["delivered"] + statuses["read"] > 0.8 * past.count() > 250
    days = set(past.dates("created_at", "day"))
    assert len(days) >= DAYS - 1
    assert past.filter(reason_code="7208", status="expired").exists()
    assert past.filter(status="failed", reason_code__in=["7552", "7553", "7554", "7555", "7556"]).exists()
    assert past.filter(status="delivered", via="sms").exists()


def test_nothing_of_the_past_is_sent_again(seeded: Seeded) -> None:
    claimed = [taken for account in ProviderAccount.objects.all() for taken in claim(account, 5000)]
    assert {taken.transaction.recipient for taken in claimed} == LIVE_NUMBERS
    past = Transaction.objects.exclude(recipient__in=LIVE_NUMBERS)
    assert not past.filter(next_attempt_at__isnull=False).exists()
    assert not past.filter(receipt_deadline__lt=timezone.now() + timedelta(minutes=30)).exists()
    assert not past.filter(status__in=FINAL, receipt_deadline__isnull=False).exists()


def test_reading_every_receipt_again_changes_nothing(seeded: Seeded) -> None:
    before = set(Transaction.objects.values_list("pk", "status", "via", "clicks"))
    facts = TimelineEntry.objects.count()
    some = list(ReceiptInbox.objects.order_by("-id").values_list("pk", flat=True)[:150])
    receipts.replay(some)
    assert receipts.drain() == len(some)
    assert TimelineEntry.objects.count() == facts
    assert set(Transaction.objects.values_list("pk", "status", "via", "clicks")) == before
    assert set(ReceiptInbox.objects.values_list("state", flat=True)) == {"done"}


def test_lists_in_the_order_of_ids_show_the_newest_first(seeded: Seeded) -> None:
    times = list(Message.objects.order_by("-id").values_list("created_at", flat=True))
    assert times == sorted(times, reverse=True)


def test_a_second_start_keeps_what_is_there(seeded: Seeded) -> None:
    mira = User.objects.get(username="mira")
    mira.set_password("changed by its owner")
    mira.save()
    past = Transaction.objects.exclude(recipient__in=LIVE_NUMBERS).count()
    second = seed("http://127.0.0.1:9100", now=timezone.now())
    assert Transaction.objects.exclude(recipient__in=LIVE_NUMBERS).count() == past
    assert second.template == seeded.template
    assert (User.objects.count(), Template.objects.count(), Asset.objects.count()) == (4, 5, len(SAMPLES))
    assert authenticate(None, username="mira", password="changed by its owner")
    assert ProviderAccount.objects.get(provider="webex").base_url == "http://127.0.0.1:9100/webex"
    assert ProviderAccount.objects.count() == len(served())
    assert [key.revoked_at is None for key in ApiKey.objects.filter(name=DEMO_KEY)] == [True, False]
    assert second.api_key != seeded.api_key


def test_the_logins_are_those_of_the_greeting(seeded: Seeded) -> None:
    for username, group in (("mira", "Composer"), ("sam", "Sender admin"), ("vera", "Viewer")):
        user = authenticate(None, username=username, password=PASSWORD)
        assert user is not None
        assert list(Group.objects.filter(user=user).values_list("name", flat=True)) == [group]
    assert User.objects.get(username="admin").is_superuser


def test_there_is_an_account_at_every_provider_with_the_sandboxes_credentials(seeded: Seeded) -> None:
    for row in ProviderAccount.objects.all():
        assert row.base_url.startswith(f"http://127.0.0.1:8001/{row.provider}")
        known = server(row.provider).DEMO
        assert all(value in known.credentials[name] for name, value in row.credentials.items())
        assert {one.name for one in registry.provider(row.provider).client.CREDENTIALS if one.required} <= set(
            row.credentials
        )
        assert all(known.senders[sender.address.lstrip("+")] for sender in row.senders.all())


def test_a_live_message_waits_at_every_provider_and_says_why_it_goes_there(seeded: Seeded) -> None:
    waiting = Transaction.objects.filter(status="queued").values_list("account__provider", "recipient")
    for name, numbers in ELSEWHERE.items():
        assert {number for provider, number in waiting if provider == name} == set(numbers)
        assert {number[-4:] for number in numbers} >= {"0140", "0141"}
    for message in Message.objects.filter(name__startswith="Postcard"):
        assert len(message.routing) == len(message.alternatives) + 1 == len(served())
        assert all(way["eligible"] and way["reasons"] for way in message.routing)


def test_the_sandbox_is_told_where_each_provider_reports_to(seeded: Seeded, files: Path) -> None:
    file = tenants_file(files)
    tenants = read_tenants(file)
    assert {name: tenant.webhook_url for name, tenant in tenants.items()} == {
        row.provider: row.webhook_url for row in ProviderAccount.objects.all()
    }
    assert file.stat().st_mode & 0o077 == 0
