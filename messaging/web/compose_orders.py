"""A draft as an order: who sends what to whom, and how."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib.auth.models import User
from django.utils import timezone

from messaging.content import Content
from messaging.models import Draft, Message, RecipientList, Sender
from messaging.queueing import Order, RecipientOrder
from messaging.web.compose_lists import Listed, everybody, list_of
from messaging.web.compose_plan import Planned, planned
from messaging.web.compose_senders import chosen, offered
from messaging.web.recipients import Recipient, read_recipients


def order_of(draft: Draft, user: User) -> Order | None:
    """What sending a draft asks for, each recipient named; None while it cannot be sent. Two queries, one more a batch.

    A draft is sent once at most, however often it is asked.
    """
    senders = chosen(draft, user, offered(user) if draft.any_sender else [])
    plan = planned(draft, timezone.now())
    if plan.refused:
        return None
    order = asked(draft, senders, Content.from_json(draft.content), read_recipients(draft.recipients), user, plan)
    if order is None or draft.recipient_list_id is None:
        return order
    parent = list_of(draft, user)
    if parent is None or parent.status != RecipientList.Status.READY:
        return None
    return replace(order, recipients=[*order.recipients, *everybody(parent)], recipient_list=parent)


def once_of(draft_id: object) -> str:
    """The name under which a draft's message exists once."""
    return f"draft:{draft_id}"


def asked(
    draft: Draft,
    senders: Sequence[Sender],
    content: Content,
    entries: Sequence[Recipient],
    user: User,
    plan: Planned,
    listed: Listed | None = None,
) -> Order | None:
    """A draft as an order, with what is known of it already and the rows of its list counted; None without a sender."""
    if not senders:
        return None
    return Order(
        sender=senders[0],
        others=senders[1:],
        # While nobody has chosen, the page speaks of what the best of them would take.
        any_sender=draft.any_sender or draft.sender_id is None,
        content=content,
        recipients=[RecipientOrder(entry.number, substitutions=entry.values) for entry in entries if entry.number],
        substitutions=draft.substitutions,
        source=Message.Source.WEB,
        created_by=user,
        once=once_of(draft.pk),
        template_id=draft.template_id,
        template_version=draft.template_version,
        recipient_list=listed.parent if listed else None,
        unseen=listed.unseen if listed else None,
        **plan.order_fields,
    )


def usable(entries: Sequence[Recipient]) -> list[RecipientOrder]:
    """Those of the typed recipients that a message could go to."""
    return [RecipientOrder(entry.number, substitutions=entry.values) for entry in entries if entry.usable]
