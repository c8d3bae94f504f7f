"""Mends that add, join, empty or drop slides and what they hold."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from messaging.content import KINDS, Content, Slide
from messaging.mending.cuts import pieces, width
from messaging.mending.places import part_at, slide_at, text_at, with_slides, with_text
from messaging.mending.terms import Terms
from messaging.slide_rules import Mend, Profile


def split_text(content: Content, mend: Mend, terms: Terms) -> Content:
    """What is over the limit goes to slides of its own, right behind."""
    index = slide_at(content, mend.pointer)
    if index is None:
        return content
    slide = content.slides[index]
    texts = pieces(slide.text, int(mend.args["limit"]), terms.values)
    if len(texts) < 2:
        return content
    rest = (Slide(text, slide.duration) for text in texts[1:])
    return with_slides(content, index, replace(slide, text=texts[0]), *rest)


def move_part(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The medium gets a slide of its own, right behind; the text stays."""
    found = part_at(content, mend.pointer)
    if found is None:
        return content
    index, part = found
    slide = content.slides[index]
    stays = tuple(other for other in slide.parts if other is not part)
    return with_slides(content, index, replace(slide, parts=stays), Slide("", slide.duration, (part,)))


def remove_part(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The medium goes; its slide too when nothing is left on it."""
    found = part_at(content, mend.pointer)
    if found is None:
        return content
    index, part = found
    slide = content.slides[index]
    left = replace(slide, parts=tuple(other for other in slide.parts if other is not part))
    keep = left.parts or left.text.strip() or len(content.slides) == 1
    return with_slides(content, index, *([left] if keep else []))


def remove_slide(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The slide goes; the last one only loses what it holds."""
    index = slide_at(content, mend.pointer)
    if index is None:
        return content
    return with_slides(content, index, *([Slide()] if len(content.slides) == 1 else []))


def merge_slides(content: Content, mend: Mend, terms: Terms) -> Content:
    """Neighbours that may share a slide are joined, the least text first, until there are few enough of them."""
    most, slides = int(mend.args["most"]), list(content.slides)
    while len(slides) > most and (pair := _nearest(slides, terms)) is not None:
        slides[pair : pair + 2] = [_joined(slides[pair], slides[pair + 1])]
    return replace(content, slides=tuple(slides))


def text_to_fallback(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The text of a slide goes into the fallback SMS, which says it once."""
    text, fallback = text_at(content, mend.pointer).strip(), content.fallback
    said = fallback.text if text in fallback.text else f"{fallback.text.rstrip()} {text}".strip()
    content = replace(content, fallback=replace(fallback, text=said, disabled=fallback.disabled and not text))
    return with_text(content, mend.pointer, "")


def set_duration(content: Content, mend: Mend, _terms: Terms) -> Content:
    """The slide shows for as long as the mend says."""
    index = slide_at(content, mend.pointer)
    if index is None:
        return content
    return with_slides(content, index, replace(content.slides[index], duration=int(mend.args["seconds"])))


def _nearest(slides: Sequence[Slide], terms: Terms) -> int | None:
    """The first of the two neighbours that are joined with the least harm: empty ones, then short texts."""
    costs = dict(_joinable(slides, terms))
    return min(costs, key=lambda index: (costs[index], index), default=None)


def _joinable(slides: Sequence[Slide], terms: Terms) -> Iterator[tuple[int, tuple[int, int]]]:
    for index in range(len(slides) - 1):
        one, other = slides[index], slides[index + 1]
        text = width(_joined(one, other).text, terms.values)
        kinds = [part.kind for part in (*one.parts, *other.parts)]
        types = [part.mime_type for part in (*one.parts, *other.parts) if part.mime_type]
        alike = len(kinds) != len(set(kinds)) or len(types) != len(set(types))
        # Media that met on one slide would change what is seen; texts that meet only make it longer.
        meet = min(len(one.parts), len(other.parts))
        if not alike and all(_may_share(kinds, text, profile) for profile in terms.profiles):
            yield index, (meet, text)


def _may_share(kinds: Sequence[str], text: int, profile: Profile) -> bool:
    clash = any(frozenset(pair) in profile.clashes for pair in combinations(kinds, 2))
    return not clash and len(kinds) <= profile.media_per_slide and text <= profile.text_limit


def _joined(one: Slide, other: Slide) -> Slide:
    texts = [slide.text.strip() for slide in (one, other) if slide.text.strip()]
    parts = sorted((*one.parts, *other.parts), key=lambda part: KINDS.index(part.kind))
    return Slide("\n".join(texts), max(one.duration, other.duration), tuple(parts))
