"""What the portal writes down about itself: counts for each account, signs of life, and open alarms.

Nothing here decides what happens to a message; all of it can be thrown away and is counted anew from then on.
"""

from enum import StrEnum

from django.db import models

from messaging.models.messages import Transaction
from messaging.models.senders import ProviderAccount


class Tallied(StrEnum):
    """What is counted. The first eight are calls, each with how long it took; LOST is a worker of ours that stopped."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    RETRY = "retry"
    FAILED = "failed"
    CONFIGURATION = "configuration"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    LOST = "lost"
    # A receipt of whatever kind; the first one of a message, with its delay after acceptance.
    RECEIPT = "receipt"
    FIRST = "first"
    # The first final one of a message, counted at the moment of its acceptance: a share of those accepted then.
    FINAL = "final"
    # A receipt for a message whose every try was refused.
    AGAINST = "against"


class AccountTally(models.Model):
    """How often something happened at an account within a minute, or an hour, by how long it took.

    `bucket` is a step of `watching.ladder`; `at` is when the minute or hour began. Written by `watching.folding` only.
    """

    class Span(models.TextChoices):
        MINUTE = "m"
        HOUR = "h"

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    span = models.CharField(max_length=1, choices=Span.choices)
    at = models.DateTimeField()
    kind = models.CharField(max_length=13, choices=[(kind.value, kind.value) for kind in Tallied])
    bucket = models.PositiveSmallIntegerField(default=0)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["span", "at", "account", "kind", "bucket"], name="account_tally_once")
        ]
        indexes = [models.Index(fields=["kind", "-at"], name="account_tally_by_kind")]

    def __str__(self) -> str:
        return self.kind


class AccountTrouble(models.Model):
    """The last call of an account that ended in no acceptance, for whoever looks why."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, primary_key=True, related_name="trouble")
    at = models.DateTimeField()
    code = models.CharField(max_length=40)
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.code


class TallyMark(models.Model):
    """How far a table was counted: up to the id `upto`. `seen` was its last id at `seen_at`.

    Rows get their ids before they are committed, so that a lower one may appear after a higher one: only what was
    there a while ago is counted.
    """

    name = models.CharField(max_length=10, primary_key=True)
    upto = models.BigIntegerField()
    seen = models.BigIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When any process last looked for one kind of work, whether it found some or not.

    `since` is when they began to after a pause: what was due before has waited for nobody's fault but ours.
    """

    work = models.CharField(max_length=10, primary_key=True)
    at = models.DateTimeField()
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.work


class Alarm(models.Model):
    """Something that needs somebody now. The row is there as long as it lasts; `key` tells one from another."""

    key = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=20)
    account = models.ForeignKey(ProviderAccount, null=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ["since", "key"]

    def __str__(self) -> str:
        return self.key
