"""Sending again: a draft with the content of a message and some of its recipients, to be looked at before it goes."""

import re
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.transaction import atomic
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from messaging import timeline
from messaging.drafts import start_draft
from messaging.lists.saved import keep_typed
from messaging.models import Draft, Message, Transaction
from messaging.plans import Plan
from messaging.statuses import LOST, Status
from messaging.web.message import find_message
from messaging.web.recipients import spelt
from messaging.web.shell import PortalMixin

# Two copies may be the price of sending these again: nobody knows whether the first one came.
UNCLEAR = (Status.UNKNOWN, Status.UNCONFIRMED)
MOST_TYPED = 1_000
LINES = re.compile(r"\s*[\r\n]+\s*")


class MessageResend(PortalMixin, View):
    """Say who would get it again (GET), then make the draft (POST); those of unclear outcome only when asked for."""

    permission_required = ("messaging.view_message", "messaging.add_message")

    def get(self, _request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        counts = timeline.counts(message)
        self.title = _("Send %(name)s again") % {"name": message.name}
        context = {
            "message": message,
            "failed": sum(counts.get(status, 0) for status in LOST),
            "unclear": sum(counts.get(status, 0) for status in UNCLEAR),
            "resends": message.resends.order_by("-id")[:5],
        }
        return self.render("messaging/messages/resend.html", context)

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        message = find_message(pk)
        wanted = [*LOST, *(UNCLEAR if request.POST.get("unclear") == "on" else ())]
        rows = message.transactions.filter(status__in=wanted)
        if not rows.exists():
            notices.info(request, _("Nobody is left to send it to again."))
            return redirect("web:message", pk=message.pk)
        draft = draft_again(message, cast(User, request.user), rows, resend=True)
        return redirect(f"{reverse('web:compose')}?draft={draft.pk}")


def draft_again(message: Message, user: User, rows: "QuerySet[Transaction]", *, resend: bool = False) -> Draft:
    """A draft of a message's content for the recipients of some of its transactions, each with its own values.

    Few are written into the recipients box, many become a list.
    """
    people = list(rows.order_by("position").values_list("recipient", "substitutions"))
    listed = keep_typed(people, user, source=message.name) if len(people) > MOST_TYPED else None
    with atomic():
        draft = start_draft(user, message=message)
        draft.recipient_list = listed
        draft.recipients = "" if listed else "\n".join(_entry(number, values) for number, values in people)
        draft.plan = Plan(purpose=message.purpose, resend_of=str(message.pk) if resend else "").to_json()
        draft.version += 1
        draft.save(update_fields=["recipients", "recipient_list", "plan", "version"])
    return draft


def _entry(number: str, substitutions: Mapping[str, str]) -> str:
    # The box holds one entry a line and values in quotes: what would break those is written without.
    return spelt(number, {name: LINES.sub(" ", text.replace('"', "'")) for name, text in substitutions.items()})
