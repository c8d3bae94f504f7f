"""Two workers at the same rows at the same moment: what each of them gets."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from messaging.delivery.claiming import Claim, claim
from messaging.gateway import registry
from messaging.models import Message, ProviderAccount, SendAttempt, Transaction

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def claimed_at_once(account: ProviderAccount) -> list[Claim]:
    together = Barrier(WORKERS)

    def work(_number: int) -> list[Claim]:
        together.wait()
        try:
            return claim(account, 10)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as workers:
        return [taken for claims in workers.map(work, range(WORKERS)) for taken in claims]


def test_each_message_is_claimed_by_one(account: ProviderAccount, queued: Callable[..., Message]):
    rows = queued(*(f"+1416555{n:04d}" for n in range(100, 130))).transactions

    taken = claimed_at_once(account)

    assert sorted(one.transaction.pk for one in taken) == sorted(rows.values_list("pk", flat=True))
    assert SendAttempt.objects.count() == 30


def test_where_receipts_name_no_reference_one_to_a_number_is_claimed_by_all_together(
    account: ProviderAccount, queued: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(registry.provider("webex").client, "ECHOES", False)
    for _copy in range(6):
        queued("+14165550100", "+14165550101")

    taken = claimed_at_once(account)

    assert sorted(one.transaction.recipient for one in taken) == ["+14165550100", "+14165550101"]
    assert Transaction.objects.filter(status="sending").count() == 2
