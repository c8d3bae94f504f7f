"""Contents that are stored now and sent later (`savemms`), kept for the key that stored them."""

from datetime import datetime

from django.db.transaction import atomic

from media import uses
from messaging.compat import refusals
from messaging.compat.callers import Caller
from messaging.compat.dialects import Dialect
from messaging.compat.orders import check, fetched
from messaging.composing import resolve
from messaging.gateway.serving import ReceivedMessage
from messaging.models import KeptContent
from messaging.slide_rules import blocking


def keep(dialect: Dialect, caller: Caller, message: ReceivedMessage, ref: str, *, now: datetime) -> None:
    """Fetch the files of a content and keep it under `ref`. Raises Rejected; nothing is kept then."""
    check(dialect, message)
    content = fetched(dialect, caller, message, message.content)
    _resolved, findings = resolve(content, owner=caller.key.owner_label)
    if blocking(findings):
        raise refusals.by_findings(dialect, message, findings)
    row = KeptContent(
        api_key=caller.key,
        dialect=dialect.name,
        ref=ref,
        content=content.to_json(),
        media=[[medium.kind, medium.url, medium.slide] for medium in message.media],
        created_at=now,
    )
    with atomic():
        row.save()
        # For good: the format has no way to say that a content is not needed any more.
        uses.note({part.asset for _where, part in content.parts() if part.asset}, f"kept:{row.pk}", None)
