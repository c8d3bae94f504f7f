"""Doors of a direct upload: start, our stand-in for the storage's own form, finish. Thin, over `direct_uploads`."""

from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from media import direct_uploads, replacing, uploads
from media.direct_uploads import NotArrived
from media.facts import facts
from media.file_page import mine
from media.inspection import Refused
from media.models import Asset, Upload
from media.shown import editable, owner_of
from media.words import gettext_noop as noop

FORM_OVERHEAD = 16_000


@login_required
@permission_required("media.add_asset", raise_exception=True)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Announce a file by `name`, `size` and `alt`. 201 with where and how to put it, 422 when it is not taken."""
    size = request.POST.get("size", "")
    try:
        upload = direct_uploads.start(
            owner=owner_of(request),
            name=request.POST.get("name", ""),
            size=int(size) if size.isascii() and size.isdigit() and len(size) < 13 else 0,
            alt=request.POST.get("alt", ""),
        )
    except Refused as reason:
        return _refused(reason)
    form = direct_uploads.form(upload, reverse("media:upload-put", args=[upload.pk]))
    answer = {
        "id": str(upload.pk),
        "url": form.url,
        "fields": dict(form.fields),
        "limits": {"size": upload.size, "seconds": form.seconds},
        "finish": reverse("media:upload-finish", args=[upload.pk]),
    }
    return JsonResponse(answer, status=201)


# The signature in the address stands for the person, as at the storage itself; no cookie is read.
@csrf_exempt
@require_POST
def put(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Take the form that a storage would take: 204, 403 without a valid signature, 413 or 422 for another size."""
    upload = direct_uploads.admitted(upload_id, request.GET.get("signature", ""))
    if upload is None:
        return HttpResponse(status=403)
    length, most = str(request.META.get("CONTENT_LENGTH") or ""), upload.size + FORM_OVERHEAD
    if not length.isdecimal() or int(length) > most:
        return _refused(_too_long(most, length), status=413)
    try:
        fields, file = request.POST.dict(), request.FILES.get("file")
    except (MultiPartParserError, RequestDataTooBig):
        return HttpResponse(status=400)
    if file is None:
        return _refused(Refused("file_missing", noop("No file arrived."), fix=noop("Choose a file first.")))
    try:
        direct_uploads.receive(upload, fields, file)
    except Refused as reason:
        return _refused(reason, status=503 if reason.code == "storage_unavailable" else 422)
    return HttpResponse(status=204)


@login_required
@permission_required("media.add_asset", raise_exception=True)
@require_POST
def finish(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Inspect what was put; it takes the place of the file that `replaces` names.

    200 with the asset and its card; 404, 409 while it has not arrived, 422 when refused.
    """
    old = _replaced(request)
    try:
        asset = direct_uploads.finish(upload_id, owner=owner_of(request), apart=old is not None)
        if old is not None:
            asset = _in_place_of(old, asset)
    except Upload.DoesNotExist:
        reason = Refused("upload_unknown", noop("There is no such upload."), fix=noop("Upload the file again."))
        return _refused(reason, status=404)
    except NotArrived:
        reason = Refused("not_arrived", noop("The file has not arrived."), fix=noop("Upload the file again."))
        return _refused(reason, status=409)
    except Refused as reason:
        return _refused(reason, status=503 if reason.code == "storage_unavailable" else 422)
    [shown] = editable(request, [asset])
    card = render_to_string("media/partials/card.html", {"asset": shown}, request)
    return JsonResponse({"asset": facts(asset), "card": card})


def _replaced(request: HttpRequest) -> Asset | None:
    """The file whose place is to be taken, archived by now if this is asked again. Raises as `mine`."""
    try:
        return mine(request, UUID(request.POST["replaces"])) if "replaces" in request.POST else None
    except ValueError:
        raise Http404 from None


def _in_place_of(old: Asset, new: Asset) -> Asset:
    try:
        return replacing.replace(old, new)
    except Refused:
        # It was sent for nothing else.
        uploads.let_go(new)
        raise


def _too_long(largest: int, length: str) -> Refused:
    words, fix = noop("The form has no length, or more than {limit} bytes."), noop("Make the file smaller.")
    return Refused("media_too_large", words, {"limit": largest}, limit=largest, actual=length, fix=fix)


def _refused(reason: Refused, *, status: int = 422) -> HttpResponse:
    return JsonResponse({"refused": reason.as_dict(_)}, status=status)
