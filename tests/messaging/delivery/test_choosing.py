"""Whose turn it is: small sends before bulk ones, nobody starving, and slow senders in nobody's way."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import pauses
from messaging.delivery import choosing, pacing
from messaging.delivery.claiming import claim
from messaging.delivery.marking import mark_wire
from messaging.models import Message, ProviderAccount, Sender, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_turns() -> None:
    choosing._turns.clear()
    pacing._paces.clear()


@pytest.fixture
def bulk(queued: Callable[..., Message]) -> Message:
    return queued(*(f"+1416555{n:04d}" for n in range(3_000)))


def claimed(account: ProviderAccount, most: int, claims: int) -> list[Transaction]:
    """What so many claims take, in their order; each is put on the wire."""
    found = []
    for _claim in range(claims):
        taken = claim(account, most)
        mark_wire(taken)
        found += [one.transaction for one in taken]
    return found


@pytest.mark.parametrize("purpose", ["transactional", "marketing"])
def test_a_small_send_overtakes_a_bulk_one(account, bulk, queued, purpose):
    claimed(account, 10, 3)
    small = queued("+14165559999", purpose=purpose).transactions.get()

    assert small in claimed(account, 10, 1)


def test_a_flood_of_small_sends_does_not_starve_a_bulk_one(account, bulk, queued):
    for number in range(100):
        queued(f"+1416556{number:04d}")
    Transaction.objects.filter(message=bulk, position__lt=1_000).delete()

    taken = Counter(row.message_id == bulk.pk for row in claimed(account, 10, 4))

    # The 1,000 to 9,999th recipients weigh 2, the first ten 5.
    assert taken[True] == pytest.approx(40 * 2 / 7, abs=2)


def test_marketing_keeps_its_share_beside_transactional_messages_one_at_a_time(account, queued):
    for purpose in ("transactional", "marketing"):
        for number in range(3):
            queued(*(f"+141655{number}{place:04d}" for place in range(10)), purpose=purpose)

    taken = Counter(row.message.purpose for row in claimed(account, 1, 30))

    assert taken == {"transactional": 24, "marketing": 6}


def test_in_one_band_the_earlier_goes_first(account, queued):
    rows = [queued(f"+1416556{number:04d}").transactions.get() for number in range(5)]
    for age, row in enumerate(rows):
        Transaction.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=age))

    assert claimed(account, 1, 5) == rows[::-1]


def test_a_slow_sender_takes_no_places_and_blocks_nobody(account, sender, queued, bulk):
    sender.messages_per_second = 1
    sender.save()
    other = Sender.objects.create(address="55555", kind="short_code", account=account)
    queued(*(f"+1416558{n:04d}" for n in range(100)), sender=other)

    taken = Counter(row.sender_id for row in claimed(account, 50, 2))

    # One at once, and one for each second that this takes; the other sender fills all the rest.
    assert 1 <= taken[sender.pk] <= 20
    assert taken.total() == 100


def test_senders_share_an_account_by_how_fast_they_may_send(account, sender, queued, monkeypatch):
    account.calls_per_second = 400
    account.save()
    monkeypatch.setattr(pacing, "BURST_SECONDS", 60.0)
    sender.messages_per_second = 300
    sender.save()
    other = Sender.objects.create(address="55555", kind="short_code", account=account, messages_per_second=100)
    queued(*(f"+1416555{n:04d}" for n in range(10)))
    queued(*(f"+1416558{n:04d}" for n in range(10)), sender=other)

    taken = Counter(row.sender_id for row in claimed(account, 1, 12))

    assert taken == {sender.pk: 9, other.pk: 3}


def test_what_is_not_due_or_held_is_passed_over(account, queued):
    later, held = queued("+14165550100"), queued("+14165550101")
    later.transactions.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    held.transactions.update(held=True)

    assert claimed(account, 10, 1) == []


def test_what_waits_for_a_sender_that_was_moved_goes_with_it(account, sender, queued):
    row = queued().transactions.get()
    other = ProviderAccount.objects.create(name="Other", provider="webex", base_url="http://127.0.0.1:9/webex")
    Sender.objects.filter(pk=sender.pk).update(account=other)

    assert claimed(account, 10, 1) == []
    assert claimed(other, 10, 1) == [row]
    row.refresh_from_db()
    assert row.account == other


def test_choosing_takes_few_queries_however_much_waits(account, bulk, queued):
    queued("+14165559999", purpose="transactional")

    with CaptureQueriesContext(connection) as asked:
        claimed(account, 20, 1)

    assert sum("part_0" in query["sql"] or "b.band" in query["sql"] for query in asked) <= 4


def test_the_switch_for_all_stops_a_claim_and_a_wire_mark(account, queued, sender_admin):
    queued("+14165550100", "+14165550101")
    taken = claim(account, 1)

    assert pauses.pause_all(sender_admin, "The offer was wrong.")

    assert mark_wire(taken) == []
    assert claim(account, 10) == []
    assert not pauses.pause_all(sender_admin, "Again.")
    assert pauses.resume_all(sender_admin)
    assert len(claimed(account, 10, 1)) == 2
