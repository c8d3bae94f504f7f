"""Counts made beforehand for charts, and what is left of a transaction when everything else is gone."""

from django.db import models

from messaging.models.messages import STATUSES
from messaging.models.senders import ProviderAccount


class TransactionCount(models.Model):
    """How many transactions accepted within one minute, or one hour, stand in a status at an account.

    Always counted from the transactions themselves, never added to: counted twice it is the same row.
    """

    class Span(models.TextChoices):
        MINUTE = "minute"
        HOUR = "hour"

    span = models.CharField(max_length=6, choices=Span.choices)
    start = models.DateTimeField()
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=12, choices=STATUSES)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["span", "start", "account", "status"], name="count_once")]

    def __str__(self) -> str:
        return f"{self.span} {self.start:%Y-%m-%d %H:%M}"


class CountedUpTo(models.Model):
    """The last timeline entry whose transaction is in the counts. One row."""

    entry = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.entry)


class ClosedOutcome(models.Model):
    """What is kept of a transaction that was cleared away, so that a receipt that is later still can be understood."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    # A keyed digest: whoever reads this table learns no reference of a provider.
    ref_digest = models.CharField(max_length=64)
    transaction_id = models.UUIDField()
    status = models.CharField(max_length=12, choices=STATUSES)
    cleared_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "ref_digest"], name="closed_by_ref"),
            models.Index(fields=["cleared_at"], name="closed_by_time"),
        ]
        constraints = [models.UniqueConstraint(fields=["transaction_id"], name="closed_once")]

    def __str__(self) -> str:
        return f"{self.transaction_id} {self.status}"


class Veiled(models.Model):
    """Up to when the numbers of one table are digests; `messaging.retention` is the only writer."""

    table = models.CharField(max_length=60, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.table} until {self.until:%Y-%m-%d}"
