"""Earlier versions of a draft, and what to do when two tabs have changed it: look, restore, set aside."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from messaging import drafts
from messaging.composing import ComposeError
from messaging.content import Content
from messaging.models import Draft, DraftVersion
from messaging.web.compose_shown import assets_of, shown_slides
from messaging.web.composer_form import Composed, read_form
from messaging.web.draft_changes import changes_of
from messaging.web.draft_differences import differences, in_short, names_in
from messaging.web.posted import UnreadableForm
from messaging.web.shell import PortalMixin

HOME = "messaging/compose/history"


@dataclass(frozen=True, slots=True)
class Earlier:
    """One line of the history: until when the draft stood so, and what was changed then."""

    version: int
    until: datetime
    changed: str


class DraftVersions(PortalMixin, View):
    """The kept versions of one's own draft, the latest first. Never more than `drafts.KEPT`."""

    permission_required = "messaging.add_message"

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = own_draft(request, request.GET.get("draft", ""))
        return render(request, f"{HOME}/list.html", {"draft": draft, "versions": earlier(draft)})


class DraftVersionShown(PortalMixin, View):
    """One version: its slides as a handset shows them, and how it differs from the draft of now."""

    permission_required = "messaging.add_message"

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = own_draft(request, request.GET.get("draft", ""))
        kept = DraftVersion.objects.filter(draft=draft, version=number(request.GET.get("version", ""))).first()
        if kept is None:
            return render(request, f"{HOME}/gone.html", {"draft": draft})
        now = drafts.state_of(draft)
        context = {
            "draft": draft,
            "kept": kept,
            "slides": slides_of(kept.state["content"]),
            "differences": differences(kept.state, now, names_in([kept.state, now])),
        }
        return render(request, f"{HOME}/version.html", context)


class DraftRestore(PortalMixin, View):
    """Make a kept version the draft again; what stood there becomes a version."""

    permission_required = "messaging.add_message"

    def post(self, request: HttpRequest) -> HttpResponse:
        draft = own_draft(request, request.POST.get("draft", ""))
        try:
            drafts.restore(draft.pk, user=draft.owner, version=number(request.POST.get("restore", "")))
        except DraftVersion.DoesNotExist:
            messages.error(request, _("That version is no longer kept; nothing was changed."))
        else:
            messages.success(request, _("The earlier version is back. What stood here is kept in the history."))
        return redirect(page_of(draft))


class DraftDifference(PortalMixin, View):
    """What this tab has typed beside what another has saved."""

    permission_required = "messaging.add_message"

    def post(self, request: HttpRequest) -> HttpResponse:
        form, draft = posted(request)
        if form is None:
            return render(request, f"{HOME}/gone.html", {"draft": draft}, status=422)
        theirs = drafts.state_of(draft)
        mine = drafts.as_state({**theirs, **changes_of(form, draft.owner)})
        found = differences(mine, theirs, names_in([mine, theirs]))
        return render(request, f"{HOME}/difference.html", {"draft": draft, "differences": found})


class DraftAside(PortalMixin, View):
    """Take what the other tab saved; what this one has typed becomes a version."""

    permission_required = "messaging.add_message"

    def post(self, request: HttpRequest) -> HttpResponse:
        form, draft = posted(request)
        if form is None:
            return render(request, f"{HOME}/gone.html", {"draft": draft}, status=422)
        try:
            drafts.set_aside(draft.pk, user=draft.owner, changes=changes_of(form, draft.owner))
        except ComposeError:
            return render(request, f"{HOME}/gone.html", {"draft": draft}, status=422)
        messages.success(request, _("This is what the other tab saved. What you typed is kept in the history."))
        response = HttpResponse(status=204)
        response["HX-Redirect"] = page_of(draft)
        return response


def earlier(draft: Draft) -> list[Earlier]:
    """The versions of a draft with what was changed after each. Four queries."""
    kept = list(DraftVersion.objects.filter(draft=draft)[: drafts.KEPT])
    states: list[dict[str, Any]] = [drafts.state_of(draft), *(version.state for version in kept)]
    names = names_in(states)
    return [
        Earlier(version.version, version.created_at, in_short(differences(version.state, newer, names)))
        for version, newer in zip(kept, states, strict=False)
    ]


def slides_of(content: dict[str, Any]) -> list[Any]:
    """A stored content's slides as the handset shows them, texts as written."""
    known = Content.from_json(content)
    keys = [f"v{index}" for index in range(len(known.slides))]
    return shown_slides(known, keys, assets_of(known), {})


def own_draft(request: HttpRequest, identity: str) -> Draft:
    """One's own draft, or 404: other people's do not exist."""
    try:
        pk = UUID(identity)
    except ValueError as error:
        raise Http404("Nothing has this id.") from error
    draft = Draft.objects.select_related("owner", "sender").filter(pk=pk, owner=cast(User, request.user)).first()
    if draft is None:
        raise Http404("No draft of yours has this id.")
    return draft


def number(text: str) -> int:
    """A version's number as the page posts it; 0, which no version has, for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def page_of(draft: Draft) -> str:
    """The composer with this draft."""
    return f"{reverse('web:compose')}?draft={draft.pk}"


def posted(request: HttpRequest) -> tuple[Composed | None, Draft]:
    """The composer's form as posted, None when it cannot be read, and the draft it is of."""
    draft = own_draft(request, request.POST.get("draft", ""))
    try:
        return read_form(request.POST), draft
    except UnreadableForm:
        return None, draft
