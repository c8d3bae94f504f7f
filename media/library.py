"""The library pages: look, search, upload, describe, archive. Thin doors over `uploads`."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.views.decorators.http import require_GET, require_POST

from media import uploads
from media.facts import facts
from media.inspection import LARGEST_UPLOAD, MEGABYTE, Refused
from media.models import EXTENSIONS, Asset, AssetQuerySet

PAGE_SIZE = 48
PICKER_SIZE = 24
MAX_FILES = 20
KINDS = {
    "image": "Pictures",
    "video": "Videos",
    "audio": "Sounds",
    "contact": "Contacts",
    "calendar": "Calendar",
    "pdf": "PDF",
    "passbook": "Passes",
}
ACCEPT = (
    ".jpg,.jpeg,.png,.gif,.webp,.heic,.heif,.avif,.mp4,.m4v,.mov,.3gp,.mp3,.m4a,.amr,.wav,"
    ".vcf,.vcard,.ics,.ical,.pdf,.pkpass"
)


def owner_of(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """The page, or for htmx only the grid; `q` searches names, `kind` filters, `before` continues after an id."""
    context = _listing(request, PAGE_SIZE)
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return render(request, "media/partials/grid.html", context)
    context |= admin.site.each_context(request)
    context |= {"title": "Media library", "kinds": KINDS, "accept": ACCEPT}
    return render(request, "media/library.html", context)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_GET
def picker(request: HttpRequest) -> HttpResponse:
    """Recent assets as buttons, for the composer's dialog."""
    return render(request, "media/partials/picker.html", _listing(request, PICKER_SIZE))


@login_required
@permission_required("media.add_asset", raise_exception=True)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep the files of a multipart post; each is taken or refused on its own. 201 when any was, else 422."""
    stored: list[Asset] = []
    refused: list[dict[str, object]] = []
    files = request.FILES.getlist("file")
    for file in files[:MAX_FILES]:
        _take(file, request, stored, refused)
    refused += [_refusal(file.name, _too_many(len(files))) for file in files[MAX_FILES:]]
    if not files:
        refused.append(_refusal("", Refused("file_missing", "No file arrived.", fix="Choose a file first.")))
    status = 201 if stored else 422
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        answer = {"assets": [facts(asset) for asset in stored], "refused": refused}
        return JsonResponse(answer, status=status)
    context = {"assets": editable(request, stored), "refused": refused}
    return render(request, "media/partials/uploaded.html", context, status=status)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def describe(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Set the description; answers its form anew, with the reason and 422 when it is refused."""
    asset = _mine(request, asset_id, "media.change_asset")
    error = None
    try:
        asset.alt = uploads.clean_alt(request.POST.get("alt", ""))
        asset.save(update_fields=["alt"])
    except Refused as refused:
        error = refused
    context = {"asset": editable(request, [asset])[0], "error": error, "saved": error is None}
    return render(request, "media/partials/description.html", context, status=422 if error else 200)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_POST
def remove(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Archive an asset; the empty answer takes its card off the page."""
    uploads.archive(_mine(request, asset_id, "media.delete_asset"))
    return HttpResponse()


def _take(
    file: "UploadedFile[Any]", request: HttpRequest, stored: list[Asset], refused: list[dict[str, object]]
) -> None:
    name = file.name or ""
    try:
        stored.append(uploads.store(file, name=name, owner=owner_of(request), alt=request.POST.get("alt", "")))
    except Refused as reason:
        refused.append(_refusal(name, reason))


def _refusal(name: str | None, reason: Refused) -> dict[str, object]:
    return {"name": (name or "")[:120], **reason.as_dict()}


def _too_many(count: int) -> Refused:
    words = f"At most {MAX_FILES} files are taken at once."
    return Refused("too_many_files", words, limit=MAX_FILES, actual=count, fix="Upload the rest after these.")


def _listing(request: HttpRequest, size: int) -> dict[str, object]:
    kind, query = request.GET.get("kind", ""), request.GET.get("q", "").replace("\0", "").strip()[:100]
    found: AssetQuerySet = Asset.objects.usable()
    if kind in KINDS:
        found = found.filter(kind=kind)
    if query:
        found = found.filter(name__icontains=query) | found.filter(alt__icontains=query)
    if before := _uuid(request.GET.get("before", "")):
        found = found.filter(id__lt=before)
    page = list(found.order_by("-id")[: size + 1])
    return {
        "assets": editable(request, page[:size]),
        "kind": kind if kind in KINDS else "",
        "query": query,
        "before": page[size - 1].id if len(page) > size else None,
        "largest": LARGEST_UPLOAD // MEGABYTE,
    }


def editable(request: HttpRequest, assets: list[Asset]) -> list[dict[str, object]]:
    """Assets as their cards show them, with what this person may do with each."""
    mine, user = owner_of(request), request.user
    may_change, may_delete = user.has_perm("media.change_asset"), user.has_perm("media.delete_asset")
    return [
        {
            "row": asset,
            "summary": _summary(asset),
            "changeable": may_change or asset.owner == mine,
            "removable": may_delete or asset.owner == mine,
        }
        for asset in assets
    ]


def _summary(asset: Asset) -> str:
    parts = [EXTENSIONS.get(asset.mime_type, asset.kind).upper()]
    if asset.width:
        parts.append(f"{asset.width} × {asset.height}")  # noqa: RUF001
    if asset.seconds:
        parts.append(f"{asset.seconds:.0f} s" if asset.seconds >= 1 else f"{asset.seconds:.1f} s")
    return " · ".join([*parts, filesizeformat(asset.size)])


def _mine(request: HttpRequest, asset_id: UUID, permission: str) -> Asset:
    asset = get_object_or_404(Asset.objects.usable(), pk=asset_id)
    if asset.owner != owner_of(request) and not request.user.has_perm(permission):
        raise PermissionDenied
    return asset


def _uuid(text: str) -> UUID | None:
    return UUID(text) if re.fullmatch(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", text) else None
