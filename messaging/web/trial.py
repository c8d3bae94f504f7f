"""A test message to one's own handset, before the real one: at once, and followed on the composer page."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from uuid6 import uuid7

from messaging.addresses import AddressError, normalise
from messaging.content import missing
from messaging.models import Message, OwnNumber, Transaction
from messaging.orders import RecipientOrder
from messaging.plans import TRANSACTIONAL, Plan, Timing
from messaging.queueing import NotQueued, queue
from messaging.slide_rules import blocking
from messaging.statuses import SETTLED
from messaging.web.compose_orders import asked
from messaging.web.compose_plan import Planned
from messaging.web.compose_review import Review
from messaging.web.compose_senders import chosen, offered
from messaging.web.live import FragmentMixin
from messaging.web.looks import Look, look
from messaging.web.message import reason_of
from messaging.web.shell import PortalMixin

AT_ONCE = Planned(Plan(purpose=TRANSACTIONAL), Timing(), [])


@dataclass(frozen=True, slots=True)
class Trial:
    """What the dialog shows: the number, what came of the last test, or why there is none.

    `token` makes the next test one message, however often its button is pressed.
    """

    number: str
    message: Message | None = None
    transaction: Transaction | None = None
    problems: Sequence[str] = ()
    token: str = field(default_factory=lambda: str(uuid7()))

    @property
    def look(self) -> Look | None:
        return look(self.transaction.status, self.transaction.via) if self.transaction else None

    @property
    def reason(self) -> str:
        return reason_of(self.transaction) if self.transaction else ""

    @property
    def open(self) -> bool:
        """Whether there is more to come."""
        return self.transaction is not None and self.transaction.status not in SETTLED


class TrialResult(FragmentMixin, PortalMixin, View):
    """How a test of one's own stands now."""

    permission_required = ("messaging.add_message", "messaging.send_message")

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        tests = Transaction.objects.select_related("message", "account", "sender")
        row = tests.filter(message=pk, message__test=True, message__created_by=cast(User, request.user)).first()
        if row is None:
            raise Http404("No test of yours has this id.")
        trial = Trial(row.recipient, row.message, row)
        return render(request, "messaging/compose/parts/trialresult.html", {"trial": trial})


def offered_trial(user: User) -> Trial:
    """The dialog before anything was tried. One query."""
    known = OwnNumber.objects.filter(user=user).first()
    return Trial(known.number if known else "")


def try_out(examined: Review, user: User, *, number: str, token: str) -> Trial:
    """Send the draft as it stands to a number of one's own, which is remembered. The draft itself stays a draft.

    Placeholders are filled as for the recipient that is previewed; those without a value show their name.
    """
    try:
        own = normalise(number, region=settings.PHONE_DEFAULT_REGION)
    except AddressError as error:
        return Trial(number, problems=[error.message])
    OwnNumber.objects.update_or_create(user=user, defaults={"number": own})
    draft = examined.draft
    senders = chosen(draft, user, offered(user) if draft.any_sender else [])
    order = asked(draft, senders, examined.content, [], user, AT_ONCE)
    if order is None:
        return Trial(own, problems=[_("Choose a sender first.")])
    values = dict(examined.example_values)
    unfilled = {name: f"[{name}]" for name in missing(examined.content, values)}
    person = RecipientOrder(own, substitutions={**unfilled, **values})
    order = replace(order, recipients=[person], test=True, once=f"test:{user.pk}:{token[:36]}")
    try:
        message = queue(order, now=timezone.now())
    except NotQueued as refusal:
        return Trial(own, problems=[one.said(_) for one in blocking(refusal.findings)])
    return Trial(own, message, message.transactions.select_related("account", "sender").get())
