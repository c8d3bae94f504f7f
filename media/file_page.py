"""One file of the library: looked at, described, tagged, archived and brought back. Thin doors over `uploads`."""

from uuid import UUID

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from media import tagging, uploads
from media.inspection import Refused
from media.library import ACCEPT, MOST_TAGS
from media.models import Asset
from media.shown import editable, owner_of, whole

_THERE = (Asset.Status.READY, Asset.Status.ARCHIVED)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_GET
def file(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """All about one file, archived or not: a page, or for htmx what stands in the dialog."""
    asset = get_object_or_404(_there(), pk=asset_id)
    context = whole(request, asset) | {"known": tagging.known(MOST_TAGS), "accept": ACCEPT}
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return render(request, "media/partials/file.html", context)
    context |= admin.site.each_context(request) | {"title": asset.name}
    return render(request, "media/file.html", context)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_GET
def card(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The card of a file as it stands in the grid by now."""
    asset = get_object_or_404(_there(), pk=asset_id)
    return render(request, "media/partials/card.html", {"asset": editable(request, [asset])[0]})


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def describe(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Set the description; answers its form anew, with the reason and 422 when it is refused."""
    asset = _changeable(request, asset_id)
    error = None
    try:
        asset.alt = uploads.clean_alt(request.POST.get("alt", ""))
        asset.save(update_fields=["alt"])
    except Refused as refused:
        error = refused.as_dict(_)
    context = {
        "asset": editable(request, [asset])[0],
        "error": error,
        "saved": error is None,
        # The same form stands on the card and in the dialog before it.
        "place": "file" if request.POST.get("place") == "file" else "",
    }
    return render(request, "media/partials/description.html", context, status=422 if error else 200)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def tag(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Put on the tags of `add`, or take off the one of `drop`; answers all of them, with 422 what is refused."""
    asset = _changeable(request, asset_id)
    error = None
    try:
        if "drop" in request.POST:
            tagging.drop(asset, request.POST["drop"].replace("\0", ""))
        else:
            tagging.add(asset, request.POST.get("add", ""))
    except Refused as refused:
        error = refused.as_dict(_)
    context = {
        "asset": editable(request, [asset])[0],
        "tags": list(asset.tags.values_list("name", flat=True)),
        "known": tagging.known(MOST_TAGS),
        "error": error,
        "given": request.POST.get("add", "") if error else "",
    }
    return render(request, "media/partials/tags.html", context, status=422 if error else 200)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def remove(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Archive an asset; for htmx the empty answer takes its card off the page."""
    uploads.archive(mine(request, asset_id, "media.delete_asset", Asset.Status.READY))
    return HttpResponse() if request.headers.get("HX-Request") else redirect("media:library")


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def bring_back(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Out of the archive, answered as `remove`; 404 when the archive has it no more."""
    asset = mine(request, asset_id, "media.delete_asset", Asset.Status.ARCHIVED)
    if not uploads.bring_back(asset):
        return HttpResponse(status=404)
    return HttpResponse() if request.headers.get("HX-Request") else redirect("media:file-page", asset.pk)


def mine(request: HttpRequest, asset_id: UUID, permission: str = "media.change_asset", *statuses: str) -> Asset:
    """A file with one of the statuses, or any that is there, if it is this person's or the permission is.

    Raises Http404, PermissionDenied.
    """
    asset = get_object_or_404(_there(), pk=asset_id)
    if asset.owner != owner_of(request) and not request.user.has_perm(permission):
        raise PermissionDenied
    if statuses and asset.status not in statuses:
        raise Http404
    return asset


def _changeable(request: HttpRequest, asset_id: UUID) -> Asset:
    return mine(request, asset_id, "media.change_asset", Asset.Status.READY)


def _there() -> QuerySet[Asset]:
    return Asset.objects.filter(status__in=_THERE).select_related("replaces")
