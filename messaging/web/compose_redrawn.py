"""A draft that changed on the server, put into a page that may be typed in meanwhile.

Fields get their values by name, so that one being typed in can be left alone; of the slides only those travel that are
new or hold other media.
"""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import count

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from messaging.content import Content, Slide
from messaging.web.compose_fragments import HOME
from messaging.web.compose_review import Review
from messaging.web.compose_shown import UPLOADS, ShownSlide

# What no field of its own shows, and the field that it belongs to.
SHOWN_BY = {"fallback-until": "fallback-link"}


def rekeyed(before: Sequence[Slide], after: Sequence[Slide], keys: Sequence[str]) -> list[str]:
    """What the page calls the slides of a changed content: those that are still there keep their names."""
    fresh = (f"m{number}" for number in count(1) if f"m{number}" not in keys)
    names: list[str] = []
    for _kind, first, last, new_first, new_last in SequenceMatcher(None, before, after, False).get_opcodes():
        kept = list(keys[first:last])
        names += [kept.pop(0) if kept else next(fresh) for _slide in after[new_first:new_last]]
    return names


def redrawn(request: HttpRequest, before: Review, after: Review, *, focus: str, said: str) -> SafeString:
    """What has to change on a page that shows `before`, as one out-of-band answer.

    `focus` is the id of the field to go to, `said` what a screen reader is told.
    """
    values = {name: value for name, value in _values(after).items() if _values(before).get(name) != value}
    told = {"values": json.dumps(values), "focus": focus, "said": said}
    parts = [*_slides(request, before, after), render_to_string(f"{HOME}/redrawn.html", told, request)]
    return mark_safe("\n".join(parts))  # noqa: S308


def first_difference(before: Review, after: Review) -> str:
    """The id of the first thing that changed: a new slide, a field, or the slide beside one that is gone."""
    new = next((key for key in after.keys if key not in before.keys), "")
    if new:
        return f"slide-{new}"
    old = _values(before)
    changed = next((name for name, value in _values(after).items() if old.get(name) != value), "")
    if changed or before.keys == after.keys:
        return SHOWN_BY.get(changed, changed) or _first_other(before, after)
    gone = next(index for index, key in enumerate(before.keys) if key not in after.keys)
    return f"slide-{after.keys[min(gone, len(after.keys) - 1)]}" if after.keys else "slides"


def _first_other(before: Review, after: Review) -> str:
    """The slide that holds other media, under the same name."""
    pairs = zip(before.slides, after.slides, strict=True)
    return next((f"slide-{new.key}" for old, new in pairs if old.parts != new.parts), "checks")


def _values(review: Review) -> dict[str, str | bool]:
    """Every field of the page with what it holds, by its id."""
    draft, content = review.draft, Content.from_json(review.draft.content)
    values: dict[str, str | bool] = {
        "f-sender": "any" if draft.any_sender else str(draft.sender_id or ""),
        "f-name": content.name,
        "f-recipients": draft.recipients,
        "f-list": str(draft.recipient_list_id or ""),
        "f-subject": content.subject,
    }
    for key, slide in zip(review.keys, content.slides, strict=True):
        values |= {f"text-{key}": slide.text, f"duration-{key}": str(slide.duration)}
    return values | {
        "when-now": not review.planned.later,
        "when-later": review.planned.later,
        "f-fallback": content.fallback.text,
        "fallback-on": not content.fallback.disabled,
        "fallback-link": content.fallback.link,
        "fallback-until": content.fallback.link_expires_at,
    }


def _slides(request: HttpRequest, before: Review, after: Review) -> Iterator[str]:
    held = {slide.key: [part.value for part in slide.parts] for slide in before.slides}
    for key in held.keys() - set(after.keys):
        yield f'<li id="slide-{key}" hx-swap-oob="delete"></li>'
    behind = "afterbegin:#slides"
    for slide in after.slides:
        html = "" if held.get(slide.key) == [part.value for part in slide.parts] else _slide(request, after, slide)
        if slide.key not in held:
            yield f'<ol hx-swap-oob="{behind}">{html}</ol>'
        elif html:
            yield html.replace("<li ", '<li hx-swap-oob="true" ', 1)
        behind = f"afterend:#slide-{slide.key}"


def _slide(request: HttpRequest, review: Review, slide: ShownSlide) -> str:
    return render_to_string(f"{HOME}/slide.html", {"slide": slide, "review": review, "kinds": UPLOADS}, request)
