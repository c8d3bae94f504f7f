"""The switch for all sending, and a pause and a pace for each account and sender."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import gettext_noop
from django.views import View

from messaging import pauses, tasks
from messaging.models import ProviderAccount, Sender, SendingPause
from messaging.web.shell import PortalMixin

# Further ones are paused on their own pages.
MOST_SHOWN = 100
MOST_PAST = 10


class WhyForm(forms.Form):
    """Why nothing may leave."""

    reason = forms.CharField(label=_lazy("Why"), max_length=300)


@dataclass(frozen=True, slots=True)
class Pacing:
    """An account with the calls a second it may make now."""

    row: ProviderAccount
    now: float

    @property
    def slowed(self) -> bool:
        return self.now < self.row.calls_per_second


class Sending(PortalMixin, View):
    """What sends and how fast (GET); stop all of it, with a reason (POST)."""

    permission_required = "messaging.change_provideraccount"
    title = gettext_noop("Pause and resume")

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self.render("messaging/sending/sending.html", self._context(WhyForm()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = WhyForm(request.POST)
        if not form.is_valid():
            return self.render("messaging/sending/sending.html", self._context(form), status=400)
        if pauses.pause_all(cast(User, request.user), form.cleaned_data["reason"]):
            messages.success(request, _("All sending is paused. Nothing more leaves until somebody resumes it."))
        else:
            messages.info(request, _("All sending was paused already."))
        return redirect("web:sending")

    @staticmethod
    def _context(form: WhyForm) -> dict[str, Any]:
        now: datetime = timezone.now()
        accounts = ProviderAccount.objects.order_by("name")[:MOST_SHOWN]
        return {
            "form": form,
            "paused": pauses.running(),
            "accounts": [Pacing(row, row.rate_at(now)) for row in accounts],
            "senders": Sender.objects.select_related("account").order_by("account__name", "address")[:MOST_SHOWN],
            "past": SendingPause.objects.exclude(resumed_at=None).select_related("paused_by", "resumed_by")[:MOST_PAST],
        }


class SendingResume(PortalMixin, View):
    """Let everything send again."""

    permission_required = "messaging.change_provideraccount"

    def post(self, request: HttpRequest) -> HttpResponse:
        if pauses.resume_all(cast(User, request.user)):
            tasks.ring_pump()
            messages.success(request, _("Sending goes on."))
        else:
            messages.info(request, _("Sending was not paused."))
        return redirect("web:sending")
