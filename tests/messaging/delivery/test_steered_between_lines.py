"""Steering between any two commits of the workers, and workers that die there: chosen at random, from a fixed seed."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from messaging import consent, delivery, encoding, receipts, steering, timeline
from messaging.delivery import failpoints, keeping, pumping
from messaging.models import Message, ProviderAccount, SendAttempt, Sender, Transaction
from messaging.statuses import CANCELLABLE, Status
from mmsportal.sandbox.testing import Running

pytestmark = pytest.mark.django_db(transaction=True)
# Numbers that the sandbox has no fate of its own for.
MANY = [f"+1212555{n:04d}" for n in range(2000, 2024)]
EACH, FIRST, STEPS = 6, 2, 10
OPEN = (*CANCELLABLE, Status.SENDING)


class Killed(BaseException):
    """What no handler catches, as no process survives a kill -9."""


class Hands:
    """People and workers that do something at random wherever a worker passes; it keeps what must hold from then on."""

    def __init__(self, seed: int, messages: list[Message], user: User) -> None:
        self.random, self.messages, self.user = random.Random(seed), messages, user
        self.frozen: dict[object, set[object]] = {}
        self.done: Counter[str] = Counter()

    def reach(self, point: str) -> None:
        """Stands in for the places where a worker may die. Those of a call in flight are left alone."""
        if point in {"during_call", "during_save"}:
            return
        roll = self.random.random()
        if roll < 0.08:
            self.done["killed"] += 1
            raise Killed
        if roll < 0.5:
            self.act()

    def act(self, what: str = "") -> None:
        """Do one thing to one message, and look whether what was frozen before is so still."""
        # A stop is for good: it is asked for where it is wanted, and never for the first.
        what = what or self.random.choice(
            ["pause", "pause", "resume", "resume", "rest", "fitted", "silence", "refresh"]
        )
        self.done[what] += 1
        getattr(self, f"_{what}")(self.random.choice(self.messages[what == "stop" :]))
        self.look()

    def _pause(self, message: Message) -> None:
        if steering.pause(message, self.user):
            self.frozen.setdefault(message.pk, wired(message))

    def _resume(self, message: Message) -> None:
        if steering.resume(message, self.user):
            self.frozen.pop(message.pk, None)

    def _stop(self, message: Message) -> None:
        steering.stop(message)
        self.frozen.setdefault(message.pk, wired(message))

    def _rest(self, message: Message) -> None:
        steering.pass_canary(message, self.user)

    def _fitted(self, _message: Message) -> None:
        encoding.finish()

    def _silence(self, message: Message) -> None:
        row = self.random.choice(list(message.transactions.all()))
        consent.opt_out(row.recipient, row.sender, source="handset", evidence="STOP", now=timezone.now())

    def _refresh(self, message: Message) -> None:
        steering.refresh(message)

    def look(self) -> None:
        """Nothing leaves of what is paused or stopped, behind its first, or while its media are being made."""
        for message in Message.objects.filter(pk__in=[one.pk for one in self.messages]):
            left = wired(message)
            assert left == self.frozen.get(message.pk, left)
            assert not left or message.fitting != Message.Fitting.RUNNING
            if message.canary_last is not None and message.canary_passed_at is None:
                assert not message.transactions.filter(pk__in=left, position__gt=message.canary_last).exists()


def wired(message: Message) -> set[object]:
    """Those of a message that may have left."""
    tries = SendAttempt.objects.filter(transaction__message=message, wire_at__isnull=False)
    return set(tries.values_list("transaction", flat=True))


def one_round() -> None:
    """A worker's round, by one that may die in it; its leases run out and what was put off is due again."""
    try:
        delivery.pump(once=True)
        delivery.sweep()
        receipts.drain()
    except Killed:
        pass
    over = timezone.now() - timedelta(seconds=1)
    Transaction.objects.exclude(lease_until=None).update(lease_until=over)
    Transaction.objects.filter(status=Status.QUEUED).update(next_attempt_at=timezone.now())


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_between_two_lines_nothing_is_lost_doubled_or_sent_against_a_word(
    sandbox: Running,
    account: ProviderAccount,
    queued: Callable[..., Message],
    composer: User,
    make_account: Callable[..., ProviderAccount],
    make_sender: Callable[..., Sender],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    type(account).objects.update(concurrency=4)
    other = make_sender(make_account("webex", name="Second"), "55555")
    parts = [MANY[n : n + EACH] for n in range(0, len(MANY), EACH)]
    more = [{}, {"canary": FIRST}, {"others": [other]}, {"canary": FIRST}]
    messages = [queued(*numbers, **fields) for numbers, fields in zip(parts, more, strict=True)]
    # Its contents name no copies: what waits for them goes on with the next look.
    Message.objects.filter(pk__in=[one.pk for one in messages[2:]]).update(fitting=Message.Fitting.RUNNING)
    for message in messages:
        steering.refresh(message)
    hands = Hands(seed, messages, composer)
    # One thing at a time, or nobody could say what came first.
    monkeypatch.setattr(keeping, "POSTGRES", False)
    # Nothing here is timed: a worker need not rest.
    monkeypatch.setattr(pumping, "REST_SECONDS", 0.01)
    monkeypatch.setattr(failpoints, "reach", hands.reach)
    for step in range(STEPS):
        hands.act("stop" if step == STEPS // 2 else "")
        one_round()
    monkeypatch.setattr(failpoints, "reach", lambda _point: None)
    hands.look()

    encoding.finish()
    for message in messages:
        steering.resume(message, composer)
        steering.pass_canary(message, composer)
    rounds = 0
    while Transaction.objects.filter(status__in=OPEN).exists():
        rounds += 1
        assert rounds < STEPS, "something stays in the queue"
        one_round()

    assert hands.done["killed"]
    taken = Counter(entry["client_ref"] for entry in sandbox.ledger(kind="accepted"))
    assert set(taken.values()) <= {1}
    for message in messages:
        message.refresh_from_db()
        counts, rows = timeline.counts(message), message.transactions.all()
        assert sum(counts.values()) == message.total == EACH
        assert bool(counts.get("cancelled")) <= bool(message.stopped_at)
        assert not rows.filter(lease_token__isnull=False).exists()
        refs = set(rows.values_list("client_ref", flat=True))
        left = {row.client_ref for row in rows if row.pk in wired(message)}
        # Whatever a provider took was marked before; whatever never left says so.
        assert refs & set(taken) <= left
        assert {row.status for row in rows if row.client_ref not in left} <= {"cancelled", "blocked"}
        if message.stopped_at:
            assert wired(message) == hands.frozen[message.pk]
