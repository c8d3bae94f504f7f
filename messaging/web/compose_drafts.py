"""One's own unsent drafts, offered where a new message would be begun."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from messaging.drafts import EMPTY, FIELDS
from messaging.models import Draft
from messaging.web.looks import ago

MOST_DRAFTS = 10


@dataclass(frozen=True, slots=True)
class Unsent:
    """One line of the list: what the draft is called, and how long ago it was changed, in words."""

    pk: UUID
    name: str
    ago: str


def unsent_drafts(user: User, draft: Draft, now: datetime) -> tuple[list[Unsent], bool]:
    """The latest MOST_DRAFTS beside this draft, and whether there are more; none once this one has content."""
    if not is_empty(draft):
        return [], False
    rows = Draft.objects.filter(owner=user, version__gt=1).exclude(pk=draft.pk).order_by("-updated_at")
    found = list(rows[: MOST_DRAFTS + 1])
    lines = [Unsent(row.pk, _name(row), ago(row.updated_at, now)) for row in found[:MOST_DRAFTS]]
    return lines, len(found) > MOST_DRAFTS


def is_empty(draft: Draft) -> bool:
    """Whether nobody has put anything into it yet."""
    slides = draft.content.get("slides", [])
    return not draft.recipients and not draft.content.get("subject") and slides in ([], [{"text": "", "duration": 5}])


def is_untouched(draft: Draft) -> bool:
    """Whether it is as it was begun, with nothing at all: what it lacks is no fault yet."""
    fresh = Draft(content=EMPTY)
    return draft.version == 1 and all(getattr(draft, name) == getattr(fresh, name) for name in FIELDS)


def _name(draft: Draft) -> str:
    content = draft.content
    texts = (slide.get("text", "") for slide in content.get("slides", []))
    return content.get("name") or content.get("subject") or next(filter(str.strip, texts), "") or _("Untitled")
