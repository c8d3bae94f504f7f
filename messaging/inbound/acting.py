"""What a STOP or START does. The handset's last word counts; where it cannot be told which that is, STOP does."""

from datetime import datetime

from django.db.models import Q, QuerySet

from messaging import consent
from messaging.gateway.facts import Action
from messaging.models import InboundMessage, OptOut


def act(message: InboundMessage, now: datetime) -> None:
    """Make or lift the opt-out that a stored message asks for, if it asks for one. Doing it again changes nothing.

    To be called inside the commit that stores it.
    """
    if message.action in {Action.STOP, Action.START}:
        # One word at a time where an opt-out stands: a STOP that leans on it must be seen by the START that lifts it.
        list(OptOut.objects.select_for_update(of=("self",)).filter(number=message.number, lifted_at=None))
    told = message.kind == InboundMessage.Kind.SUBSCRIPTION
    if message.action == Action.STOP and not _taken_back(message):
        consent.opt_out(
            message.number,
            message.sender,
            source=OptOut.Source.PROVIDER if told else OptOut.Source.HANDSET,
            evidence=message.text or message.subject or "The provider reports that the number has unsubscribed.",
            inbox=message.inbox,
            now=now,
        )
    elif message.action == Action.START and not _overruled(message):
        words = message.text or message.subject or "The provider reports that the number has subscribed."
        consent.opt_in(message.number, message.sender, why=words, now=now)


def _taken_back(stop: InboundMessage) -> bool:
    """Whether a START was both written and received after this STOP, whose text took long to come."""
    later = Q(at__gt=stop.at, received_at__gt=stop.received_at)
    return _said(stop, Action.START).filter(later).exists()


def _overruled(start: InboundMessage) -> bool:
    """Whether a STOP may be newer than this START, by either clock."""
    later = Q(at__gt=start.at) | Q(received_at__gt=start.received_at)
    return _said(start, Action.STOP).filter(later).exists()


def _said(message: InboundMessage, action: Action) -> QuerySet[InboundMessage]:
    said = InboundMessage.objects.filter(number=message.number, action=action)
    return said.filter(sender__address=message.sender.address) if message.sender else said.filter(sender=None)
