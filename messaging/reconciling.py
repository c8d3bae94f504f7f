"""Asking providers that can be asked what became of messages nothing final was heard of.

An answer is kept in the inbox of receipts and read as one: what is asked twice, or repeats a callback, changes nothing.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from messaging.gateway import registry
from messaging.gateway.codes import OutcomeClass
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Provider
from messaging.gateway.errors import SendError
from messaging.gateway.http import Line
from messaging.models import ProviderAccount, ReceiptInbox, SendAttempt, Transaction
from messaging.models.clock import database_now
from messaging.models.sealing import SealBroken
from messaging.receipts import QUERY
from messaging.statuses import Status

logger = logging.getLogger(__name__)
State = ReceiptInbox.State
AGAIN_AFTER = timedelta(minutes=10)
MOST_ASKED = 50
AT_ONCE = 5
# For all questions of an account together; what is not answered by then is asked again later.
MOST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back for a question: the answer, or the code of the fault."""

    transaction: Transaction
    answer: HttpAnswer | None = None
    fault: str = ""


def reconcile() -> int:
    """Ask about a bounded number of messages of each account. Out: how many were asked about."""
    asked = 0
    for row in ProviderAccount.objects.filter(paused_at=None).order_by("pk"):
        provider = registry.provider(row.provider)
        if provider.query is None:
            continue
        due = list(_due(row, provider)[:MOST_ASKED])
        if due:
            asked += _ask(row, provider, due)
    return asked


def _due(account: ProviderAccount, provider: Provider) -> "QuerySet[Transaction]":
    """Accepted, nothing final heard, within the provider's times, and not asked about lately."""
    assert provider.query
    now = database_now()
    accepted = SendAttempt.objects.filter(
        transaction=OuterRef("pk"),
        outcome=OutcomeClass.ACCEPTED,
        finished_at__lte=now - timedelta(seconds=provider.query.AFTER),
        finished_at__gte=now - timedelta(seconds=provider.query.UNTIL),
    )
    lately = ReceiptInbox.objects.filter(transaction=OuterRef("pk"), method=QUERY, received_at__gt=now - AGAIN_AFTER)
    return (
        Transaction.objects.filter(
            Exists(accepted), account=account, status__in=[Status.ACCEPTED, Status.SUBMITTED], receipt_deadline__gt=now
        )
        .exclude(provider_ref="")
        .exclude(Exists(lately))
        .order_by("receipt_deadline")
    )


def _ask(row: ProviderAccount, provider: Provider, due: Sequence[Transaction]) -> int:
    try:
        account = row.opened()
    except SealBroken:
        logger.error("account %s cannot be opened to ask about its messages", row.pk)
        return 0
    heard: list[Heard] = []
    questions = []
    for one in due:
        try:
            questions.append((one, _question(provider, account, one)))
        except SendError as error:
            heard.append(Heard(one, fault=error.code))
    with asyncio.Runner() as runner:
        heard += runner.run(_all_answers(row, provider, questions))
    _keep(row, heard, database_now())
    return len(heard)


def _question(provider: Provider, account: Account, transaction: Transaction) -> HttpRequest:
    assert provider.query
    return provider.query.build_query(account, transaction.provider_ref, now=database_now())


async def _all_answers(
    row: ProviderAccount, provider: Provider, questions: Sequence[tuple[Transaction, HttpRequest]]
) -> list[Heard]:
    """At most AT_ONCE calls at a time, and no faster than the account may be called."""
    places = asyncio.Semaphore(min(AT_ONCE, row.concurrency))
    async with Line(allow_private=settings.ALLOW_PRIVATE_TARGETS) as line:

        async def one(transaction: Transaction, request: HttpRequest) -> Heard:
            async with places:
                await asyncio.sleep(1 / row.calls_per_second)
                try:
                    return Heard(transaction, await line.call(request, deadline=provider.client.CALL_SECONDS))
                except SendError as error:
                    return Heard(transaction, fault=error.code)

        calls = {asyncio.create_task(one(*question)) for question in questions}
        if not calls:
            return []
        done, late = await asyncio.wait(calls, timeout=MOST_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [task.result() for task in done]


def _keep(account: ProviderAccount, heard: Sequence[Heard], now: datetime) -> None:
    """A row for each question, answered or not: it is also the memory of having asked."""
    ReceiptInbox.objects.bulk_create([_row(account, one, now) for one in heard], ignore_conflicts=True)


def _row(account: ProviderAccount, heard: Heard, now: datetime) -> ReceiptInbox:
    body = heard.answer.body if heard.answer else b""
    words = (QUERY, str(heard.transaction.pk), now.isoformat())
    return ReceiptInbox(
        account=account,
        received_at=now,
        method=QUERY,
        headers={"status": str(heard.answer.status)} if heard.answer else {},
        body=body,
        digest=hashlib.sha256("\n".join(words).encode() + body).hexdigest(),
        state=State.NEW if heard.answer else State.DONE,
        note="" if heard.answer else f"No answer: {heard.fault}."[:300],
        next_attempt_at=now if heard.answer else None,
        transaction=heard.transaction,
    )
