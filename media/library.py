"""The library pages: look, search, upload. Thin doors over `uploads` and `searching`."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from media import tagging, uploads
from media.facts import facts
from media.inspection import LARGEST_UPLOAD, MEGABYTE, Refused
from media.models import Asset
from media.searching import Wanted, search
from media.shown import editable, owner_of, space
from media.words import gettext_noop as noop

PAGE_SIZE = 48
PICKER_SIZE = 24
MAX_FILES = 20
MOST_TAGS = 100
KINDS = {
    "image": gettext_lazy("Pictures"),
    "video": gettext_lazy("Videos"),
    "audio": gettext_lazy("Sounds"),
    "contact": gettext_lazy("Contacts"),
    "calendar": gettext_lazy("Calendar"),
    "pdf": gettext_lazy("PDF"),
    "passbook": gettext_lazy("Passes"),
}
ACCEPT = (
    ".jpg,.jpeg,.png,.gif,.webp,.heic,.heif,.avif,.mp4,.m4v,.mov,.3gp,.mp3,.m4a,.amr,.wav,"
    ".vcf,.vcard,.ics,.ical,.pdf,.pkpass"
)


@login_required
@permission_required("media.view_asset", raise_exception=True)
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """The page, or for htmx only the grid; the address says what is looked for, see `Wanted`."""
    context = _listing(request, PAGE_SIZE)
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        return render(request, "media/partials/grid.html", context)
    context |= admin.site.each_context(request)
    context |= {"title": _("Media library"), "kinds": KINDS, "accept": ACCEPT}
    context |= {"known": tagging.known(MOST_TAGS), "space": space(request)}
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
        refused.append(
            _refusal("", Refused("file_missing", noop("No file arrived."), fix=noop("Choose a file first.")))
        )
    status = 201 if stored else 422
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        answer = {"assets": [facts(asset) for asset in stored], "refused": refused}
        return JsonResponse(answer, status=status)
    context = {"assets": editable(request, stored), "refused": refused}
    return render(request, "media/partials/uploaded.html", context, status=status)


def _take(
    file: "UploadedFile[Any]", request: HttpRequest, stored: list[Asset], refused: list[dict[str, object]]
) -> None:
    name = file.name or ""
    try:
        stored.append(uploads.store(file, name=name, owner=owner_of(request), alt=request.POST.get("alt", "")))
    except Refused as reason:
        refused.append(_refusal(name, reason))


def _refusal(name: str | None, reason: Refused) -> dict[str, object]:
    return {"name": (name or "")[:120], **reason.as_dict(_)}


def _too_many(count: int) -> Refused:
    words, fix = noop("At most {limit} files are taken at once."), noop("Upload the rest after these.")
    return Refused("too_many_files", words, {"limit": MAX_FILES}, limit=MAX_FILES, actual=count, fix=fix)


def _listing(request: HttpRequest, size: int) -> dict[str, object]:
    wanted = Wanted.read(request.GET.dict())
    page = list(search(wanted)[: size + 1])
    return {
        "assets": editable(request, page[:size]),
        "wanted": wanted,
        "following": wanted.following(page[size - 1].id) if len(page) > size else "",
        "largest": LARGEST_UPLOAD // MEGABYTE,
    }
