"""What the composer's form changes in its draft."""

from typing import Any

from django.contrib.auth.models import User

from messaging.drafts import save_draft
from messaging.models import Draft, Sender
from messaging.web.composer_form import Composed


def saved(form: Composed, user: User, *, keep: bool = False) -> Draft:
    """The draft with the form in it; `keep` keeps what stood there as a version in any case.

    Raises as `drafts.save_draft`.
    """
    return save_draft(form.draft, user=user, version=form.version, changes=changes_of(form, user), keep=keep)


def changes_of(form: Composed, user: User) -> dict[str, Any]:
    """The form by the names of `drafts.FIELDS`; a sender that is not this person's to use is none. One query."""
    allowed = form.sender is not None and Sender.objects.for_user(user).filter(pk=form.sender).exists()
    return {
        "sender_id": form.sender if allowed else None,
        "any_sender": form.any_sender,
        "content": form.content,
        "recipients": form.recipients,
        "substitutions": form.substitutions,
        "plan": form.plan.to_json(),
    }
