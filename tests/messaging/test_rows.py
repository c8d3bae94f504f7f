"""Many rows written at once arrive as one by one."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging.models import SendAttempt, Transaction
from messaging.models.rows import save_fields

pytestmark = pytest.mark.django_db


def test_named_fields_are_saved_and_others_are_not(queued):
    rows = list(queued("+14165550100", "+14165550101").transactions.order_by("position"))
    until = timezone.now() + timedelta(minutes=1)
    for number, row in enumerate(rows):
        row.status, row.lease_token, row.lease_until = "sending", uuid4(), until
        row.provider_ref, row.conflict, row.clicks = f"ref-{number}", True, 99

    save_fields(rows, ["status", "lease_token", "lease_until", "provider_ref", "conflict", "status"])

    for row in rows:
        saved = Transaction.objects.get(pk=row.pk)
        assert (saved.status, saved.lease_token, saved.lease_until) == ("sending", row.lease_token, until)
        assert (saved.provider_ref, saved.conflict, saved.clicks) == (row.provider_ref, True, 0)


def test_json_and_nothing_survive(transaction):
    attempt = SendAttempt.objects.create(
        transaction=transaction, number=1, sender=transaction.sender, started_at=timezone.now()
    )
    attempt.request, attempt.http_status = {"body": "“quoted” \\ 'text'"}, None

    save_fields([attempt], ["request", "http_status"])

    attempt.refresh_from_db()
    assert (attempt.request, attempt.http_status) == ({"body": "“quoted” \\ 'text'"}, None)


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        save_fields([], ["status"])
