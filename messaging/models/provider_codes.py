"""Codes that a provider sent and no table of ours has: kept, told once, and given a meaning by an admin."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messaging.gateway.codes import OutcomeClass, Where, Whose
from messaging.statuses import LABELS, RANKS


class ProviderCode(models.Model):
    """One code unknown to its provider's table, and what an admin has said it means (`mapped_at` says when).

    `outcome` counts for answers, `state` for receipts ("" changes no status).
    """

    provider = models.CharField(max_length=20)
    where = models.CharField(max_length=7, choices=[(where.value, where.value) for where in Where])
    code = models.CharField(max_length=40)
    sample = models.CharField(max_length=300, blank=True, default="")
    seen_count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    meaning = models.CharField(max_length=300, blank=True, default="", help_text="In plain words, a whole sentence.")
    whose = models.CharField(
        max_length=9, choices=[(whose.value, whose.value) for whose in Whose], default=Whose.PROVIDER.value
    )
    next_step = models.CharField(max_length=300, blank=True, default="", help_text="What a clerk should do.")
    outcome = models.CharField(
        max_length=1,
        blank=True,
        default="",
        choices=[(outcome.value, outcome.name.lower()) for outcome in OutcomeClass],
    )
    state = models.CharField(
        max_length=12, blank=True, default="", choices=[(state.value, LABELS[state]) for state in RANKS]
    )
    mapped_at = models.DateTimeField(null=True, blank=True, editable=False)
    mapped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["mapped_at", "-last_seen_at"]
        verbose_name = "unknown code"
        constraints = [
            models.UniqueConstraint(fields=["provider", "where", "code"], name="provider_code_once"),
            models.CheckConstraint(
                condition=Q(mapped_at=None) | ~Q(meaning=""), name="provider_code_mapped_has_meaning"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.code}"
