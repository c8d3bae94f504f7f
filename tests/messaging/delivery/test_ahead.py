"""What is claimed ahead of a free call: it leaves in its turn, or is given back as if it had not been claimed."""

from collections.abc import Callable
from time import monotonic

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from messaging import delivery, timeline
from messaging.delivery import pumping
from messaging.delivery.claiming import claim, withdraw
from messaging.delivery.fetching import Fetcher
from messaging.delivery.keeping import Keeper
from messaging.delivery.lanes import lanes
from messaging.delivery.marking import mark_wire
from messaging.delivery.outcomes import Result
from messaging.delivery.pumping import Stand
from messaging.delivery.recording import record
from messaging.gateway import registry
from messaging.gateway.contract import Accepted, HttpAnswer
from messaging.models import Message, ProviderAccount, SendAttempt, Transaction
from mmsportal.sandbox.testing import Running

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = [f"+1416555{n:02d}00" for n in range(10, 20)]


def test_what_is_given_back_was_never_claimed(account: ProviderAccount, queued: Callable[..., Message]) -> None:
    rows = queued(*NUMBERS).transactions
    before = list(rows.order_by("position").values("pk", "status", "next_attempt_at", "attempt_no", "lease_token"))

    withdraw(claim(account, 10))

    assert list(rows.order_by("position").values(*before[0])) == before
    assert not SendAttempt.objects.exists()
    assert len(claim(account, 10)) == 10


def test_a_turn_that_ends_keeps_nothing_that_it_did_not_send(
    sandbox: Running, account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.concurrency = 2
    account.save()
    # The first two are taken and never answered: nothing else can leave before the turn is over.
    rows = queued("+14165550125", "+12125550125", *NUMBERS[:8]).transactions
    monkeypatch.setattr(registry.provider("webex").client, "CALL_SECONDS", 1.0)

    delivery.pump(seconds=0.5)

    assert rows.filter(status="unknown").count() == 2
    waiting = rows.exclude(status="unknown")
    assert set(waiting.values_list("status", "attempt_no", "lease_token")) == {("queued", 0, None)}
    assert SendAttempt.objects.count() == 2


def test_what_waits_too_long_for_a_free_call_is_given_back(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.calls_per_second = 500
    account.save()
    rows = queued(*NUMBERS).transactions
    lane = lanes()[0]
    flights = pumping.Flights(allow_private=frozenset(), connect_timeout=1.0)
    turn = pumping.Turn(flights, Keeper(), Fetcher(flights.look), [Stand(lane, 5)])
    pumping._claim_ahead(turn, turn.stands[0])
    assert rows.filter(status="sending").count() == len(turn.stands[0].ahead) == 10

    turn.stands[0].ahead[0].claim.since = monotonic() - pumping.KEEP_SECONDS - 1
    pumping._claim_ahead(turn, turn.stands[0])

    assert (turn.stands[0].ahead, turn.sent) == ([], 0)
    assert set(rows.values_list("status", "attempt_no")) == {("queued", 0)}


@pytest.mark.parametrize(("took", "stride"), [(0.1, 40), (0.4, 20), (0.8, 10), (30.0, 10)])
def test_claims_follow_how_quickly_they_leave(account: ProviderAccount, took: float, stride: int) -> None:
    account.concurrency = 20
    account.save()
    stand, now = Stand(lanes()[0], 20), monotonic()
    assert stand.lane.room() == 20
    for _ in range(2 if took == 30.0 else 1):
        stand.claimed_at = now - took
        pumping._adapt(stand, now)

    assert stand.stride == stride


def test_acceptance_of_many_is_what_the_facts_say(account: ProviderAccount, queued: Callable[..., Message]) -> None:
    rows = queued(*NUMBERS).transactions
    answer = HttpAnswer(200, {}, b'{"messageId": "x"}')
    sent = mark_wire(claim(account, 10))
    record(
        account,
        [(one, Result(accepted=Accepted(f"ref-{n}", text="queued"), answer=answer)) for n, one in enumerate(sent)],
    )

    stored = list(rows.order_by("position"))
    afresh = [Transaction.objects.get(pk=row.pk) for row in stored]
    timeline.compute(afresh, now=timezone.now())
    fields = [name for name in timeline.SETTLED_FIELDS if name != "updated_at"]
    assert [[getattr(row, name) for name in fields] for row in stored] == [
        [getattr(row, name) for name in fields] for row in afresh
    ]
    assert [row.timeline.last().data for row in stored] == [{"detail": row.provider_ref} for row in stored]
    tried = SendAttempt.objects.get(transaction=stored[0])
    assert (tried.phase, tried.outcome, tried.http_status, tried.text) == ("done", "A", 200, "queued")
    assert tried.answer == '{"messageId": "x"}'
    call_command("rebuild_status", "--check")


def test_marking_and_recording_many_takes_as_many_statements_as_one(
    account: ProviderAccount, queued: Callable[..., Message], django_assert_num_queries
) -> None:
    # Each is one statement, or where that writes to one table only a commit with three.
    wanted, counts = 1 if connection.vendor == "postgresql" else 5, []
    for batch in (NUMBERS[:1], NUMBERS[1:]):
        queued(*batch)
        claims = claim(account, 20)
        with django_assert_num_queries(wanted) as marking:
            mark_wire(claims)
        for one in claims:
            one.faulty = False
        results = [(one, Result(accepted=Accepted(f"ref-{one.transaction.pk}"))) for one in claims]
        with django_assert_num_queries(wanted) as recording:
            record(account, results)
        counts.append((len(marking), len(recording)))

    assert counts[0] == counts[1]
