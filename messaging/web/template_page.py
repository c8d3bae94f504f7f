"""One template: what it says, what its placeholders mean, how it fits, its versions, and what was made of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from messaging import templates
from messaging.composing import ComposeError, resolve
from messaging.content import Content
from messaging.models import Message, Template, TemplateVersion
from messaging.slide_rules import Finding, check
from messaging.web.compose_findings import profiles
from messaging.web.compose_shown import ShownSlide, assets_of, shown_slides
from messaging.web.draft_differences import differences, names_in
from messaging.web.shell import PortalMixin

MOST_VERSIONS = 50
MOST_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Variable:
    """A placeholder: whether the texts use it, what it means, and an example."""

    name: str
    used: bool
    about: str
    sample: str


@dataclass(frozen=True, slots=True)
class Fit:
    """What one provider says of it, with the examples filled in, in the reader's language."""

    provider: str
    findings: list[str]


class TemplatePage(PortalMixin, View):
    """The template as it stands, or with `version` as it stood."""

    permission_required = "messaging.view_template"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template.objects.select_related("created_by"), pk=pk)
        self.title = template.name
        now = templates.template_content(template)
        wanted = request.GET.get("version", "")
        kept = version_of(template, wanted) if wanted and wanted != str(template.version) else None
        content = Content.from_json(kept.content, stored=True) if kept else now
        context = {
            "template": template,
            "kept": kept,
            "slides": slides_of(content, examples(kept.variables if kept else template.variables)),
            "content": content,
            "differences": between(kept, template, now) if kept else [],
            "variables": variables_of(template, now),
            "fits": fits(now, templates.samples(template)),
            "versions": TemplateVersion.objects.filter(template=template).select_related("created_by")[:MOST_VERSIONS],
            "usage": templates.usage(template),
            "sent": Message.objects.filter(template=template, test=False).order_by("-id")[:MOST_MESSAGES],
        }
        return self.render("messaging/templates/page.html", context)


class TemplateVariables(PortalMixin, View):
    """What the placeholders mean, as the page's table was filled in."""

    permission_required = "messaging.change_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        try:
            templates.save_variables(template, posted_variables(request), cast(User, request.user))
            messages.success(request, _("The variables are saved."))
        except ComposeError as error:
            messages.error(request, _("Nothing was changed: %(why)s") % {"why": error.message})
        return redirect("web:template", pk)


class TemplateRestore(PortalMixin, View):
    """Make an earlier version the next one."""

    permission_required = "messaging.change_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        kept = version_of(template, request.POST.get("version", ""))
        try:
            restored = templates.restore_template(template, kept.version, cast(User, request.user))
        except ComposeError as error:
            messages.error(request, _("Nothing was changed: %(why)s") % {"why": error.message})
        else:
            said = _("Version %(old)d is back, as version %(new)d.")
            messages.success(request, said % {"old": kept.version, "new": restored.version})
        return redirect("web:template", pk)


class TemplateArchive(PortalMixin, View):
    """Out of the list, or back into it."""

    permission_required = "messaging.change_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        archived = request.POST.get("archived") == "1"
        templates.archive_template(template, archived=archived)
        said = _("“%(name)s” is in the archive.") if archived else _("“%(name)s” is back in the list.")
        messages.success(request, said % {"name": template.name})
        return redirect("web:template", pk)


class TemplateDuplicate(PortalMixin, View):
    """A copy under a free name."""

    permission_required = "messaging.add_template"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        try:
            copy = templates.duplicate_template(template, cast(User, request.user))
        except ComposeError as error:
            messages.error(request, error.message)
            return redirect("web:template", pk)
        messages.success(request, _("This copy is called “%(name)s”.") % {"name": copy.name})
        return redirect("web:template", copy.pk)


def version_of(template: Template, number: str) -> TemplateVersion:
    """A kept version by its number as the page names it. Raises Http404."""
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise Http404("No version has this number.")
    return get_object_or_404(TemplateVersion, template=template, version=int(number))


def slides_of(content: Content, values: Mapping[str, str]) -> list[ShownSlide]:
    """The slides as a handset shows them, with the examples filled in."""
    return shown_slides(content, [f"t{index}" for index in range(len(content.slides))], assets_of(content), values)


def examples(variables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The examples that stand in for values."""
    return {name: about["sample"] for name, about in variables.items() if about.get("sample")}


def between(kept: TemplateVersion, template: Template, now: Content) -> list[Any]:
    """Where a kept version and the template of now differ."""
    one = {"content": kept.content, "substitutions": examples(kept.variables)}
    other = {"content": now.to_json(), "substitutions": templates.samples(template)}
    return differences(one, other, names_in([one, other]))


def variables_of(template: Template, content: Content) -> list[Variable]:
    """Every placeholder in use, and those that only have a meaning so far."""
    used, told = content.placeholders(), template.variables
    return [
        Variable(name, name in used, told.get(name, {}).get("about", ""), told.get(name, {}).get("sample", ""))
        for name in dict.fromkeys([*used, *told])
    ]


def fits(content: Content, values: Mapping[str, str]) -> list[Fit]:
    """What the rules of each provider say of it, once the examples are filled in."""
    resolved, found = resolve(content)
    now = timezone.now()
    return [
        Fit(profile.label, _once_each([*found, *check(resolved, [profile], shared=values, now=now)]))
        for profile in profiles()
    ]


def _once_each(findings: Sequence[Finding]) -> list[str]:
    """What is said of several slides in the same words is said once."""
    return list(dict.fromkeys(finding.said(_) for finding in findings))


def posted_variables(request: HttpRequest) -> dict[str, dict[str, str]]:
    """The table as posted; a row without a name is none, and one that says nothing is left out."""
    columns = [request.POST.getlist(name) for name in ("variable-name", "variable-about", "variable-sample")]
    rows = ([_clean(text) for text in row] for row in zip(*columns, strict=False))
    return {name: {"about": about, "sample": sample} for name, about, sample in rows if name and (about or sample)}


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()
