"""What is paused, as the pages say it, and the buttons that pause and resume it."""

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
from django.utils.translation import gettext_lazy as _lazy
from django.views import View

from messaging.models import ProviderAccount, Sender
from messaging.pauses import in_words, pause, resume, running
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
        words=in_words(row.paused_reason),
        resume=f"{reverse(f'web:{what}-resume', args=[row.pk])}?{urlencode({'next': back})}" if may_resume else "",
        page=reverse(f"admin:messaging_{model}_change", args=[row.pk]) if may_look else "",
    )


# What is said of a switch that was turned, and of one that stood that way already; by whether it resumes.
TURNED = {False: _lazy("%(name)s is paused. Its messages wait in the queue."), True: _lazy("%(name)s sends again.")}
# The same while all sending is paused: neither makes a difference before that ends.
MEANWHILE = {
    False: _lazy("%(name)s stays paused when all sending is resumed."),
    True: _lazy("%(name)s is paused with the rest only, and sends again with it."),
}
STOOD = {False: _lazy("%(name)s was paused already."), True: _lazy("%(name)s was not paused.")}


class Switch(PortalMixin, View):
    """Pause one account or sender, or resume it, and go back to where the button stood."""

    model: type[ProviderAccount | Sender] = ProviderAccount
    resumes = False

    def get_permission_required(self) -> tuple[str]:
        return (f"messaging.change_{self.model._meta.model_name}",)

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        row = get_object_or_404(self.model, pk=pk)
        rows, user = self.model._default_manager.filter(pk=pk), cast(User, request.user)
        if resume(rows, user) if self.resumes else pause(rows, user):
            said = MEANWHILE if running() else TURNED
            messages.success(request, said[self.resumes] % {"name": row})
        else:
            messages.info(request, STOOD[self.resumes] % {"name": row})
        return back_from(request)


def back_from(request: HttpRequest) -> HttpResponse:
    """To the page that the query names, if it is one of ours."""
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "web:dashboard")
