"""Templates over REST: read, examined, saved, and changed a version at a time."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.transaction import atomic
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api import docs, shapes
from messaging.api.errors import Problem, fault
from messaging.api.paging import PAGING, page, query_values
from messaging.api.saving import Saving, examined, read_saving, refused, with_own_files
from messaging.api.sparse import FIELDS, chosen
from messaging.api.views import ServiceView, flag, listed
from messaging.composing import ComposeError
from messaging.models import Template
from messaging.templates import save_template


class Templates(ServiceView):
    required_scopes = {"GET": "templates:read", "POST": "templates:write"}

    @extend_schema(**docs.LIST_TEMPLATES)
    def get(self, request: Request) -> Response:
        """The saved messages that `template` may name."""
        values = query_values(request, [*PAGING, FIELDS])
        wanted = chosen(values, "Template")
        found = page(_known(), request, values)
        return listed(found, [wanted.of(shapes.template(row)) for row in found.rows])

    @extend_schema(**docs.SAVE_TEMPLATE)
    def post(self, request: Request) -> Response:
        """Save a template, or with `?dry_run=true` only say what each provider would make of it."""
        dry_run = flag(query_values(request, ["dry_run"]), "dry_run")
        saving = read_saving(self.body, now=timezone.now(), changing=False)
        saving = with_own_files(saving, self.key, None)
        if dry_run:
            return Response(examined(saving, self.key))
        return Response(shapes.whole_template(_saved(saving, None)), status=201)


class TemplateDetail(ServiceView):
    http_method_names = ["get", "head", "put"]
    required_scopes = {"GET": "templates:read", "PUT": "templates:write"}

    @extend_schema(**docs.READ_TEMPLATE)
    def get(self, request: Request, template_id: UUID) -> Response:
        """One template with all it says."""
        wanted = chosen(query_values(request, [FIELDS]), "WholeTemplate")
        return Response(wanted.of(shapes.whole_template(_find(template_id))))

    @extend_schema(**docs.CHANGE_TEMPLATE)
    def put(self, request: Request, template_id: UUID) -> Response:
        """Make this the next version; `version` is the one it was made from, earlier ones stay to be restored."""
        dry_run = flag(query_values(request, ["dry_run"]), "dry_run")
        saving = read_saving(self.body, now=timezone.now(), changing=True)
        template = _find(template_id)
        saving = with_own_files(saving, self.key, template)
        if dry_run:
            return Response(examined(saving, self.key))
        return Response(shapes.whole_template(_saved(saving, template)))


def _known() -> "QuerySet[Template]":
    return Template.objects.prefetch_related("slides__parts")


def _find(template_id: UUID) -> Template:
    row = _known().filter(pk=template_id).first()
    if row is None:
        raise Problem(404)
    return row


def _saved(saving: Saving, template: Template | None) -> Template:
    try:
        with atomic():
            if template is not None:
                _demand_version(template, saving.version)
            saved = save_template(
                saving.content, name=saving.name, user=None, template=template, variables=saving.variables
            )
    except ComposeError as error:
        raise refused(error) from error
    return _find(saved.pk)


def _demand_version(template: Template, version: int) -> None:
    """Raises Problem 409 unless the template still stands at this version, and keeps it there until the commit."""
    now = Template.objects.select_for_update().filter(pk=template.pk).values_list("version", flat=True).first()
    if now is None:
        raise Problem(404)
    if now != version:
        message = f"The template stands at version {now}; this was made from version {version}."
        error: Mapping[str, Any] = fault(
            "/version", "version_conflict", message, actual=version, fix="Read it again, and repeat the change on that."
        )
        raise Problem(409, "version_conflict", errors=[error])
