"""What would make a portal unsafe to run, found by `manage.py check --deploy` (reliability, section 6)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db.models import Prefetch

from messaging.models import ApiKey, Sender
from messaging.sandboxed import at_sandbox


@register(Tags.security, deploy=True)
def check_deployment(**_options: Any) -> list[CheckMessage]:
    """Settings that a portal on the open network must not have."""
    found: list[CheckMessage] = []
    if settings.FAILPOINT:
        found.append(Error("MMS_FAILPOINT is set: the worker will kill itself.", hint="Unset it.", id="messaging.E001"))
    for name in ("PUBLIC_BASE_URL", "MEDIA_PUBLIC_BASE_URL"):
        if not getattr(settings, name).startswith("https://"):
            found.append(Error(f"{name} is not https: receipts and media would travel open.", id="messaging.E002"))
    if settings.ALLOW_PRIVATE_TARGETS:
        found.append(
            Error(
                "MMS_ALLOW_PRIVATE_TARGETS opens private addresses to outbound calls.",
                hint="It is for sandboxes on loopback only; unset it.",
                id="messaging.E003",
            )
        )
    if str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
        found.append(Error("SQLite serves one host only.", hint="Set DATABASE_URL to PostgreSQL.", id="messaging.E004"))
    return found


@register(Tags.database, deploy=True)
def check_test_keys(**_options: Any) -> list[CheckMessage]:
    """Test keys that list senders of real accounts. What they send there is refused; somebody expects otherwise."""
    keys = ApiKey.objects.filter(test=True, revoked_at=None).order_by("prefix")
    senders = Sender.objects.filter(api_keys__in=keys.order_by()).select_related("account").distinct().order_by("pk")
    found: list[CheckMessage] = []
    for sender in senders.prefetch_related(Prefetch("api_keys", keys)):
        if not at_sandbox(sender.account):
            marks = ", ".join(key.mark for key in sender.api_keys.all())
            message = f"Test keys are mapped to a real provider: {marks} to {sender} of {sender.account}."
            hint = "Take the sender from the key, or make a live key."
            found.append(Error(message, hint=hint, id="messaging.E005"))
    return found
