"""A pasted address: its file becomes one of the library, and it is said what providers would have met there."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from media.facts import facts
from media.fetching import LARGEST, FetchRefused, fetch
from media.inspection import Refused
from media.preflight import Look, Note
from media.shown import owner_of
from media.uploads import FETCH_SECONDS, clean_alt, store
from media.words import gettext_noop as noop
from messaging import preflight
from messaging.gateway import registry


@login_required
@permission_required("media.add_asset", raise_exception=True)
@require_POST
def from_url(request: HttpRequest) -> HttpResponse:
    """Fetch `url` and keep what it held, with `alt`. 201 with the asset and the notes, 422 when it is not taken."""
    url = request.POST.get("url", "").strip()
    try:
        alt = clean_alt(request.POST.get("alt", ""))
        fetched = fetch(url, limit_bytes=LARGEST, deadline_seconds=FETCH_SECONDS, ask_head=True)
        asset = store(fetched.data, name=fetched.name, owner=owner_of(request), alt=alt)
    except FetchRefused as refusal:
        fix = noop("Give an address that serves the file itself, or upload the file.")
        return _refused(Refused(refusal.code, refusal.words, refusal.values, fix=fix))
    except Refused as reason:
        return _refused(reason)
    notes = preflight.notes(Look(url, fetched, asset), asset.kind, registry.names())
    return JsonResponse({"asset": facts(asset), "notes": [_shown(note) for note in notes]}, status=201)


def _refused(reason: Refused) -> HttpResponse:
    return JsonResponse({"refused": reason.as_dict(_)}, status=422)


def _shown(note: Note) -> dict[str, object]:
    return {
        "code": note.code,
        "message": _(note.words).format_map(note.values),
        "fix": _(note.fix).format_map(note.values),
        "providers": list(note.fetchers),
    }
