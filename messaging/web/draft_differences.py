"""Where two states of a draft differ, in words and side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from media.models import Asset
from messaging.content import KINDS
from messaging.models import RecipientList, Sender

State = Mapping[str, Any]
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: what it is called, and what stands there in either state."""

    label: str
    before: str
    after: str


def differences(before: State, after: State, names: Mapping[str, str]) -> list[Difference]:
    """Every place where two states differ, fields first. `names` are those of `names_in`."""
    one, other = _lines(before, names), _lines(after, names)
    fields = [Difference(label, one[label], other[label]) for label in one if one[label] != other[label]]
    return [*fields, *_slides(before, after, names)]


def in_short(found: Iterable[Difference]) -> str:
    """The places by name: "Subject, Slide 2 and 3 more"."""
    labels = list(dict.fromkeys(difference.label for difference in found))
    named = ", ".join(labels[:MOST_NAMED])
    if len(labels) <= MOST_NAMED:
        return named
    return _("%(named)s and %(count)d more") % {"named": named, "count": len(labels) - MOST_NAMED}


def names_in(states: Iterable[State]) -> dict[str, str]:
    """What the senders, lists and files of these states are called, by id. Three queries."""
    senders, lists, files = set(), set(), set()
    for state in states:
        senders.add(state.get("sender_id"))
        lists.add(state.get("recipient_list_id"))
        files |= {part.get("asset") for slide in _slides_of(state) for _kind, part in _parts(slide)}
    named = {str(row.pk): str(row) for row in Sender.objects.filter(pk__in=_ids(senders))}
    named |= {str(row.pk): str(row) for row in RecipientList.objects.filter(pk__in=_ids(lists))}
    return named | {str(pk): name for pk, name in Asset.objects.filter(pk__in=_ids(files)).values_list("pk", "name")}


def _lines(state: State, names: Mapping[str, str]) -> dict[str, str]:
    """Each field but the slides, as text under its label."""
    content = state.get("content") or {}
    sender = _("Any that fits") if state.get("any_sender") else _named(state.get("sender_id"), names)
    return {
        _("Sender"): sender,
        _("Internal name"): content.get("name", ""),
        _("Subject"): content.get("subject", ""),
        _("Fallback SMS"): _fallback(content.get("fallback") or {}),
        _("Recipients"): state.get("recipients", ""),
        _("Recipient list"): _named(state.get("recipient_list_id"), names),
        _("Substitutions"): "\n".join(f"{name}={text}" for name, text in (state.get("substitutions") or {}).items()),
        _("When and how it is sent"): "\n".join(
            f"{name}: {value}" for name, value in (state.get("plan") or {}).items()
        ),
    }


def _fallback(fallback: Mapping[str, Any]) -> str:
    notes = [_("switched off")] if fallback.get("disabled") else []
    notes += [_("with a link to the message")] if fallback.get("link") else []
    return "\n".join([*filter(None, [fallback.get("text", "")]), *notes])


def _slides(before: State, after: State, names: Mapping[str, str]) -> list[Difference]:
    """Slides matched as wholes first, so that one put in between does not make all that follow look changed."""
    old = [_slide_text(slide, names) for slide in _slides_of(before)]
    new = [_slide_text(slide, names) for slide in _slides_of(after)]
    found = []
    for step, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step == "equal":
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            had, has = i1 + offset < i2, j1 + offset < j2
            number = (j1 if has else i1) + offset + 1
            label = _("Slide %(number)d") if had and has else _("Slide %(number)d, added")
            label = label if has else _("Slide %(number)d, removed")
            found.append(
                Difference(label % {"number": number}, old[i1 + offset] if had else "", new[j1 + offset] if has else "")
            )
    return found


def _slide_text(slide: Mapping[str, Any], names: Mapping[str, str]) -> str:
    files = [names.get(part.get("asset", ""), "") or part.get("url", "") or kind for kind, part in _parts(slide)]
    seconds = _("%(seconds)s s on screen") % {"seconds": slide.get("duration", "")}
    return "\n".join([*filter(None, [slide.get("text", "")]), *files, seconds])


def _slides_of(state: State) -> list[dict[str, Any]]:
    return list((state.get("content") or {}).get("slides") or [])


def _parts(slide: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(kind, slide[kind]) for kind in KINDS if slide.get(kind)]


def _named(identity: Any, names: Mapping[str, str]) -> str:
    return names.get(str(identity), _("one that is gone")) if identity else ""


def _ids(texts: Iterable[Any]) -> list[UUID]:
    known = []
    for text in texts:
        try:
            known.append(UUID(str(text)))
        except ValueError:
            continue
    return known
