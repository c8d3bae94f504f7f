"""The switch for all sending, and a pause and a pace for each account and sender."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
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

    reason = forms.CharField(
        label=_lazy("Why"),
        max_length=300,
        help_text=_lazy("Everybody reads it, with your name, on every page until sending is resumed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An account or a sender with its own pause: `pace` as a number, or in words where there is none.

    `words` say why it is paused, `with_account` that its account is; `turn` is where its button posts to, "" for who
    may not turn it.
    """

    id: str
    name: str
    of: str
    pace: str
    counted: bool
    throttled: bool
    paused_at: datetime | None
    with_account: bool
    words: str
    turn: str


class Sending(PortalMixin, View):
    """What sends and how fast (GET); stop all of it, with a reason (POST)."""

    permission_required = "messaging.change_provideraccount"
    title = gettext_noop("Pause and resume")

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render("messaging/sending/sending.html", _context(WhyForm(), cast(User, request.user)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form, user = WhyForm(request.POST), cast(User, request.user)
        if not form.is_valid():
            return self.render("messaging/sending/sending.html", _context(form, user), status=400)
        if pauses.pause_all(user, form.cleaned_data["reason"]):
            messages.success(request, _("All sending is paused. Nothing more leaves until somebody resumes it."))
        else:
            messages.info(request, _("All sending was paused already."))
        return redirect("web:sending")


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


def _context(form: WhyForm, user: User) -> dict[str, Any]:
    """What the page shows. Four queries, whatever there is."""
    now = timezone.now()
    accounts = list(ProviderAccount.objects.order_by("name")[: MOST_SHOWN + 1])
    senders = list(Sender.objects.select_related("account").order_by("account__name", "address")[: MOST_SHOWN + 1])
    return {
        "form": form,
        "paused": pauses.running(),
        "accounts": [_of_account(row, user, now) for row in accounts[:MOST_SHOWN]],
        "senders": [_of_sender(row, user) for row in senders[:MOST_SHOWN]],
        "shown": MOST_SHOWN,
        "more_accounts": len(accounts) > MOST_SHOWN,
        "more_senders": len(senders) > MOST_SHOWN,
        "past": SendingPause.objects.exclude(resumed_at=None).select_related("paused_by", "resumed_by")[:MOST_PAST],
    }


def _of_account(row: ProviderAccount, user: User, now: datetime) -> Line:
    rate, pace = row.rate_at(now), str(row.calls_per_second)
    slowed = rate < row.calls_per_second
    if slowed:
        pace = _("%(now)s of %(full)s") % {"now": number_format(rate, 1), "full": pace}
    return _line(row, user, name=row.name, of="", pace=pace, throttled=slowed)


def _of_sender(row: Sender, user: User) -> Line:
    pace = str(row.messages_per_second or "")
    return _line(row, user, name=str(row), of=row.account.name, pace=pace or _("No limit of its own"))


def _line(row: ProviderAccount | Sender, user: User, *, name: str, of: str, pace: str, throttled: bool = False) -> Line:
    what = "account" if isinstance(row, ProviderAccount) else "sender"
    door = reverse(f"web:{what}-{'resume' if row.paused_at else 'pause'}", args=[row.pk])
    # Back to its own line, where whoever works with the keyboard goes on.
    back = urlencode({"next": f"{reverse('web:sending')}#{what}-{row.pk}"})
    return Line(
        id=f"{what}-{row.pk}",
        name=name,
        of=of,
        pace=pace,
        counted=pace[:1].isdigit(),
        throttled=throttled,
        paused_at=row.paused_at,
        with_account=isinstance(row, Sender) and row.is_paused,
        words=pauses.in_words(row.paused_reason),
        turn=f"{door}?{back}" if user.has_perm(f"messaging.change_{row._meta.model_name}") else "",
    )
