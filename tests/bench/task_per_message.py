"""What most portals do: one Celery task for each message, by the ORM, with a blocking call. The baseline of `sending`.

Tuned as far as it goes: threads rather than processes, connections to the database and the provider that are kept
(`CELERY_DB_REUSE_MAX`), no results, no chatter between workers. It does what the pump does for each message: claim
under a lease, the last look before the wire, the wire mark, the call, the record, and every entry of the timeline.
"""

import os
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
import httpx
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsportal.settings")
django.setup()

from django.db.models import F  # noqa: E402
from django.db.transaction import atomic  # noqa: E402
from django.utils import timezone  # noqa: E402

from messaging import consent  # noqa: E402
from messaging.delivery import rendering  # noqa: E402
from messaging.gateway import registry  # noqa: E402
from messaging.gateway.contract import HttpAnswer  # noqa: E402
from messaging.models import SendAttempt, TimelineEntry, Transaction  # noqa: E402
from messaging.statuses import Status  # noqa: E402

app = Celery("bench")
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=16,
    worker_hijack_root_logger=False,
    CELERY_DB_REUSE_MAX=10**9,
    broker_connection_retry_on_startup=True,
)
_own = threading.local()


@app.task
def send(identity: str) -> None:
    """Send one message, from its claim to its record."""
    if row := _claimed(identity):
        attempt = SendAttempt.objects.get(transaction=row, number=row.attempt_no)
        request = rendering.render(row, *_account(row), now=timezone.now())
        if _marked(row, attempt):
            answer = _client().request(request.method, request.url, headers=request.headers, content=request.body)
            _record(row, attempt, answer)


def _account(row: Transaction) -> Any:
    """The credentials, opened once in each thread, and the provider."""
    account = row.sender.account
    if getattr(_own, "opened", None) is None:
        _own.opened = account.opened()
    return _own.opened, registry.provider(account.provider)


def _client() -> httpx.Client:
    if getattr(_own, "client", None) is None:
        _own.client = httpx.Client(trust_env=False)
    client: httpx.Client = _own.client
    return client


def _claimed(identity: str) -> Transaction | None:
    now = timezone.now()
    with atomic():
        free = Transaction.objects.filter(pk=identity, status=Status.QUEUED, lease_token=None)
        taken = free.update(
            status=Status.SENDING,
            lease_token=uuid4(),
            lease_until=now + timedelta(seconds=90),
            attempt_no=F("attempt_no") + 1,
            updated_at=now,
        )
        if not taken:
            return None
        row = Transaction.objects.select_related("message__api_key", "sender__account").get(pk=identity)
        SendAttempt.objects.create(transaction=row, number=row.attempt_no, sender=row.sender, started_at=now)
    return row


def _marked(row: Transaction, attempt: SendAttempt) -> bool:
    now = timezone.now()
    with atomic():
        held = Transaction.objects.select_for_update(of=("self",)).filter(pk=row.pk, lease_token=row.lease_token)
        if not held.exists() or consent.opted_out([(row.recipient, row.sender_id)]):
            return False
        attempt.phase, attempt.wire_at = SendAttempt.Phase.WIRE, now
        attempt.save(update_fields=["phase", "wire_at"])
        _tell(row, "sending", now)
    return True


def _record(row: Transaction, attempt: SendAttempt, answer: httpx.Response) -> None:
    heard = HttpAnswer(answer.status_code, dict(answer.headers), answer.content)
    reference = registry.provider(row.sender.account.provider).client.read(heard).provider_ref
    now = timezone.now()
    with atomic():
        row = Transaction.objects.select_for_update(of=("self",)).get(pk=row.pk)
        attempt.phase, attempt.outcome, attempt.http_status = SendAttempt.Phase.DONE, "A", answer.status_code
        attempt.provider_ref, attempt.finished_at, attempt.answer = reference, now, answer.text
        attempt.save()
        _tell(row, "accepted", now)
        row.status, row.provider_ref, row.updated_at = Status.ACCEPTED, reference, now
        row.lease_token = row.lease_until = row.next_attempt_at = None
        row.receipt_deadline = row.expires_at + timedelta(hours=1)
        row.save()


def _tell(row: Transaction, kind: str, now: Any) -> None:
    TimelineEntry.objects.create(
        transaction=row,
        at=now,
        received_at=now,
        source=TimelineEntry.Source.PORTAL,
        kind=kind,
        state=kind,
        data={},
        dedupe_key=f"{kind}:{row.attempt_no}",
    )
