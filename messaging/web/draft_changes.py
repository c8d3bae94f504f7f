"""What the composer's form changes in its draft."""

from typing import Any

from django.contrib.auth.models import User

from messaging import lists
from messaging.composing import followed
from messaging.drafts import Turn, save_draft
from messaging.models import Draft, Sender
from messaging.web.composer_form import Composed


def saved(form: Composed, user: User, *, keep: bool = False) -> Draft:
    """The draft with the form in it; `keep` keeps what stood there as a version in any case.

    Raises as `drafts.save_draft`.
    """
    changes = changes_of(form, user)
    turn = Turn(form.page, form.turn) if form.page else None
    return save_draft(form.draft, user=user, version=form.version, changes=changes, keep=keep, turn=turn)


def changes_of(form: Composed, user: User) -> dict[str, Any]:
    """The form by the names of `drafts.FIELDS`; a sender or a list that is not this person\'s to use is none.

    Three queries for most.
    """
    allowed = form.sender is not None and Sender.objects.for_user(user).filter(pk=form.sender).exists()
    listed = lists.visible(user).filter(pk=form.recipient_list).first() if form.recipient_list else None
    return {
        "sender_id": form.sender if allowed else None,
        "any_sender": form.any_sender,
        # The page may name a file whose place another one took since it was opened.
        "content": followed(form.content),
        "recipients": form.recipients,
        "recipient_list_id": listed.pk if listed else None,
        "substitutions": form.substitutions,
        "plan": form.plan.to_json(),
    }
