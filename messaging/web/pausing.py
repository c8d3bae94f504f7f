"""What is paused, as the pages say it, and the button that resumes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View

from messaging.models import ProviderAccount, Sender
from messaging.pauses import pause, resume
from messaging.web.shell import PortalMixin


@dataclass(frozen=True, slots=True)
class Pause:
    """One paused account or sender; `words` say why, `resume` and `page` are "" for who may not go there."""

    what: str
    name: str
    since: datetime
    words: str
    resume: str
    page: str

    @property
    def waiting(self) -> str:
        """A whole sentence for the page of a message that waits."""
        said = _("The account %(name)s is paused") if self.what == "account" else _("The sender %(name)s is paused")
        return said % {"name": self.name}


def pauses(rows: list[ProviderAccount | Sender], user: User, *, back: str) -> list[Pause]:
    """The paused ones among rows, as this person may handle them; `back` is the page to return to. No query."""
    return [_pause(row, row.paused_at, user, back) for row in rows if row.paused_at]


def _pause(row: ProviderAccount | Sender, since: datetime, user: User, back: str) -> Pause:
    what, model = ("account", "provideraccount") if isinstance(row, ProviderAccount) else ("sender", "sender")
    may_resume, may_look = (user.has_perm(f"messaging.{right}_{model}") for right in ("change", "view"))
    return Pause(
        what=what,
        name=str(row),
        since=since,
        words=row.paused_reason,
        resume=f"{reverse(f'web:{what}-resume', args=[row.pk])}?{urlencode({'next': back})}" if may_resume else "",
        page=reverse(f"admin:messaging_{model}_change", args=[row.pk]) if may_look else "",
    )


class AccountResume(PortalMixin, View):
    """Let a paused account send again."""

    permission_required = "messaging.change_provideraccount"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        account = get_object_or_404(ProviderAccount, pk=pk)
        return answer(request, str(account), resume(ProviderAccount.objects.filter(pk=pk), cast(User, request.user)))


class SenderResume(PortalMixin, View):
    """Let a paused sender send again."""

    permission_required = "messaging.change_sender"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        sender = get_object_or_404(Sender, pk=pk)
        return answer(request, str(sender), resume(Sender.objects.filter(pk=pk), cast(User, request.user)))


class AccountPause(PortalMixin, View):
    """Keep everything of an account in the queue."""

    permission_required = "messaging.change_provideraccount"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        account = get_object_or_404(ProviderAccount, pk=pk)
        return stopped(request, str(account), pause(ProviderAccount.objects.filter(pk=pk), cast(User, request.user)))


class SenderPause(PortalMixin, View):
    """Keep everything of a sender in the queue."""

    permission_required = "messaging.change_sender"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        sender = get_object_or_404(Sender, pk=pk)
        return stopped(request, str(sender), pause(Sender.objects.filter(pk=pk), cast(User, request.user)))


def answer(request: HttpRequest, name: str, resumed: int) -> HttpResponse:
    """Back to where the button stood, with a notice."""
    if resumed:
        messages.success(request, _("%(name)s sends again.") % {"name": name})
    else:
        messages.info(request, _("%(name)s was not paused.") % {"name": name})
    return back_from(request)


def stopped(request: HttpRequest, name: str, paused: int) -> HttpResponse:
    """Back to where the button stood, with a notice."""
    if paused:
        messages.success(request, _("%(name)s is paused. Its messages wait in the queue.") % {"name": name})
    else:
        messages.info(request, _("%(name)s was paused already.") % {"name": name})
    return back_from(request)


def back_from(request: HttpRequest) -> HttpResponse:
    """To the page that the query names, if it is one of ours."""
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "web:dashboard")
