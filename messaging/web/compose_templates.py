"""The list of templates: look, use, rename, delete."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views import View

from messaging.composing import ComposeError
from messaging.models import Template
from messaging.templates import LONGEST_NAME, delete_template, rename_template
from messaging.web.compose_shown import KINDS
from messaging.web.looks import ago
from messaging.web.shell import PortalMixin

PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class Card:
    """A template in the list; `picture` is the address of its first image, `icon` stands in when there is none."""

    pk: UUID
    name: str
    subject: str
    text: str
    slides: int
    changed: str
    picture: str
    icon: str


class TemplateList(PortalMixin, View):
    """Templates by name; `q` searches, `after` continues after a name, `archived` shows those put away."""

    permission_required = "messaging.view_template"
    title = gettext_noop("Templates")

    def get(self, request: HttpRequest) -> HttpResponse:
        query = clean(request.GET.get("q", ""))
        archived = request.GET.get("archived") == "1"
        found = Template.objects.filter(archived_at__isnull=not archived).order_by("name")
        if query:
            found = found.filter(name__icontains=query) | found.filter(subject__icontains=query)
        if after := clean(request.GET.get("after", "")):
            found = found.filter(name__gt=after)
        rows = list(found.prefetch_related("slides__parts__asset")[: PAGE_SIZE + 1])
        kept = {"q": query, "archived": "1"} if archived else {"q": query}
        more = urlencode({**kept, "after": rows[PAGE_SIZE - 1].name}) if len(rows) > PAGE_SIZE else ""
        context = {"cards": cards(rows[:PAGE_SIZE]), "query": query, "more": more, "archived": archived}
        return self.render("messaging/templates/list.html", context)


class TemplateRename(PortalMixin, View):
    """A new name, if no other template has it."""

    permission_required = "messaging.change_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        name = clean(request.POST.get("name", ""), LONGEST_NAME + 1)
        try:
            rename_template(template, name, cast(User, request.user))
            said = _("“%(old)s” is now called “%(new)s”.")
            messages.success(request, said % {"old": template.name, "new": name})
        except ComposeError as error:
            messages.error(request, _("%(why)s So nothing was changed.") % {"why": error.message})
        return redirect("web:templates")


class TemplateDelete(PortalMixin, View):
    """Away with it; messages sent from it keep their own copy."""

    permission_required = "messaging.delete_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        delete_template(template)
        said = _("“%(name)s” was deleted. Messages sent from it are unchanged.")
        messages.success(request, said % {"name": template.name})
        return redirect("web:templates")


def cards(templates: Iterable[Template]) -> list[Card]:
    """What the list shows of templates whose slides, parts and files are fetched already."""
    now = timezone.now()
    return [_card(template, now) for template in templates]


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """A search or a name as typed, without control characters."""
    return "".join(c for c in text if c.isprintable()).strip()[:longest]


def _card(template: Template, now: datetime) -> Card:
    slides = list(template.slides.all())
    parts: list[Any] = [part for slide in slides for part in slide.parts.all()]
    picture = next((part.asset.public_path for part in parts if part.kind == "image"), "")
    return Card(
        pk=template.pk,
        name=template.name,
        subject=template.subject,
        text=next((slide.text for slide in slides if slide.text), ""),
        slides=len(slides),
        changed=ago(template.updated_at, now),
        picture=picture,
        icon=KINDS[parts[0].kind][1] if parts else "message-square-text",
    )
