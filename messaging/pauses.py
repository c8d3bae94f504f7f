"""Resuming what a provider or a person paused."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet

from messaging.models import ProviderAccount, Sender


def resume(rows: "QuerySet[ProviderAccount] | QuerySet[Sender]", user: User) -> int:
    """Resume what is paused among rows, refusals forgotten, and write down who did it. Out: how many were resumed."""
    chosen = list(rows.exclude(paused_at=None))
    if not chosen:
        return 0
    done = rows.model._default_manager.filter(pk__in=[row.pk for row in chosen])
    number = done.update(paused_at=None, paused_reason="", config_faults=0)
    LogEntry.objects.log_actions(user.pk, chosen, CHANGE, change_message="Resumed")
    return number
