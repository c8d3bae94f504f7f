"""The composer's door for mends: what was typed is saved, one mend is carried out, and the page changes in place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.content import Content, Part
from messaging.drafts import Overtaken, StaleDraft, Turn, save_draft
from messaging.mending import CHANGES, Terms, mended
from messaging.models import Draft
from messaging.plans import NOW
from messaging.routing import profile_of
from messaging.slide_rules import Mend
from messaging.web.compose import ComposeCheck
from messaging.web.compose_offers import Offer, way_offer
from messaging.web.compose_redrawn import first_difference, redrawn, rekeyed
from messaging.web.compose_review import Review, review
from messaging.web.recipients import Recipient


class ComposeMend(ComposeCheck):
    """Carry out the mend that a button names, as the check of what was typed offers it now."""

    def _answer(self, request: HttpRequest, examined: Review) -> HttpResponse:
        offer = next((offer for offer in offered(examined) if offer.key == request.POST.get("mend")), None)
        changed = changes(examined, offer.mend) if offer else {}
        if offer is None or not changed:
            return self._told(request, examined, examined, _("There is nothing left to mend here."))
        user = cast(User, request.user)
        draft = examined.draft
        try:
            turn = Turn(draft.page, draft.turn) if draft.page else None
            draft = save_draft(draft.pk, user=user, version=draft.version, changes=changed, keep=True, turn=turn)
        except Overtaken:
            return HttpResponse(status=204)
        except StaleDraft as stale:
            now = stale.current
            trouble = {"code": "stale_draft", "draft": now.pk, "version": now.version, "at": now.updated_at}
            return self._trouble(trouble, 409)
        except Draft.DoesNotExist:
            return self._gone(draft.pk, user)
        old, new = (Content.from_json(one.content).slides for one in (examined.draft, draft))
        after = review(
            draft,
            user=user,
            now=timezone.now(),
            keys=rekeyed(old, new, examined.keys),
            preview_as=examined.preview_as,
        )
        return self._told(request, examined, after, _("Done: %(label)s.") % {"label": offer.label})

    def _told(self, request: HttpRequest, before: Review, after: Review, said: str) -> HttpResponse:
        focus = "" if before is after else first_difference(before, after)
        answer = super()._answer(request, after)
        told = redrawn(request, before, after, focus=focus, said=f"{said} {after.announcement}")
        # The slides first: parts of the preview and the checks speak of them.
        answer.content = told.encode() + b"\n" + answer.content
        return answer


def offered(examined: Review) -> Iterator[Offer]:
    """Every button that a page shows for a draft."""
    for item in examined.items:
        yield from item.offers
    yield from map(way_offer, examined.ways)


def changes(examined: Review, mend: Mend) -> Mapping[str, Any]:
    """What a mend changes in the draft, by the names that `save_draft` takes; nothing where it has no effect."""
    if mend.action == "choose_sender":
        return {"sender_id": UUID(str(mend.args["sender"])), "any_sender": False}
    if mend.action == "remove_recipients":
        return {"recipients": _remaining(examined, str(mend.args["which"]))}
    if mend.action == "clear_schedule":
        return {"plan": replace(examined.planned.plan, when=NOW).to_json()}
    if mend.action not in CHANGES:
        return {}
    content = mended(examined.content, mend, _terms(examined))
    return {"content": as_typed(content)} if content != examined.content else {}


def as_typed(content: Content) -> dict[str, Any]:
    """A content in the form that the page posts: files by their names only."""
    typed = content.to_json()
    for slide, members in zip(content.slides, typed["slides"], strict=True):
        members |= {part.kind: _named(part) for part in slide.parts}
    return typed


def _named(part: Part) -> dict[str, str]:
    if not part.asset:
        return {"url": part.url, "host": part.host}
    return {"asset": part.asset, "rendition": part.rendition} if part.rendition else {"asset": part.asset}


def _terms(examined: Review) -> Terms:
    values = dict(examined.draft.substitutions)
    for name in examined.content.placeholders():
        own = (who.substitutions[name] for who in examined.recipients if name in who.substitutions)
        longest = max(own, key=len, default="")
        if longest or name in values:
            values[name] = max(longest, values.get(name, ""), key=len)
    profiles = [profile_of(examined.sender)] if examined.sender else [examined.limits]
    return Terms(timezone.now(), values, profiles)


def _remaining(examined: Review, which: str) -> str:
    """The recipients box without those entries that nothing can be sent to."""
    abroad = _abroad(examined) if which == "abroad" else set[str]()
    unwanted: Mapping[str, Callable[[Recipient], bool]] = {
        "error": lambda entry: bool(entry.error),
        "repeated": lambda entry: entry.repeated,
        "opted_out": lambda entry: entry.number in silent,
        "abroad": lambda entry: entry.number in abroad,
    }
    silent, goes = examined.silent, unwanted[which]
    return "\n".join(entry.tidy for entry in examined.entries if not goes(entry))


def _abroad(examined: Review) -> set[str]:
    numbers = [entry.number for entry in examined.entries if entry.number]
    places = (one.pointer.removeprefix("/to/") for one in examined.findings if one.code == "country_not_allowed")
    return {numbers[int(place)] for place in places if place.isdecimal() and int(place) < len(numbers)}
