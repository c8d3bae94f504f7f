"""Lists of recipients, imported or saved, and each person's own number."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid6 import uuid7


class RecipientList(models.Model):
    """Recipients kept together: what a file held, or what somebody saved under a name.

    `columns` are the headings of the file in order, `mapping` says which holds what: {"Mobile": "number", "Town":
    "$area", "Order": "correlation_id"}; a column without one is ignored. `total`, `bad` and `repeated` count its rows.
    """

    class Status(models.TextChoices):
        READING = "reading"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recipient_lists")
    # Unnamed while it belongs to one draft only; with a name everybody who may send finds it when `shared`.
    name = models.CharField(max_length=120, blank=True, default="")
    shared = models.BooleanField(default=False)
    source = models.CharField(max_length=255, blank=True, default="")
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    region = models.CharField(max_length=2, default="US")
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.READING)
    trouble = models.CharField(max_length=300, blank=True, default="")
    total = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    # Of each value's name, the longest text and how many rows lack it: what the rules need to know of all rows at once.
    summary = models.JSONField(default=dict)
    # How many of those that would be sent to live where: {"US": 900, "CA": 62, "": 1} ("" where nobody can tell).
    countries = models.JSONField(default=dict)
    # Grows with every change of a row, so that what was computed from the rows is known to be old.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "-updated_at"], name="list_of_owner")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="list_name_once", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name or self.source or "Recipients"


class RecipientRow(models.Model):
    """One line of a list: its cells as given, and what they were read as.

    `problems` are {"column", "code", "message"} of the cells that cannot be used; `repeated` marks a number that an
    earlier row has.
    """

    parent = models.ForeignKey(RecipientList, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    number = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    correlation_id = models.CharField(max_length=100, blank=True, default="")
    values = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    bad = models.BooleanField(default=False)
    repeated = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["parent", "number"], name="row_by_number"),
            models.Index(fields=["parent", "position"], name="row_bad", condition=Q(bad=True)),
        ]
        constraints = [models.UniqueConstraint(fields=["parent", "position"], name="row_position_once")]

    def __str__(self) -> str:
        return f"row {self.position}"


class OwnNumber(models.Model):
    """The handset of a member of staff, for test messages. E.164."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="own_number")
    number = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"the number of user {self.user_id}"
