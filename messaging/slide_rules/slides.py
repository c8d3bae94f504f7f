"""Rules about the slides themselves: how many, what may share one, how long they show."""

from collections.abc import Iterator
from itertools import combinations

from messaging.content import DEFAULT_DURATION, Content, Slide
from messaging.slide_rules.findings import Finding, Mend, advises, blocks, mend
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.naming import A_KIND, THE_KIND
from messaging.slide_rules.profiles import Profile

# Nobody looks at one page of a message for longer, and who reads with a screen reader cannot skip it.
LONG_LOOK = 30


def _slide_count(content: Content, profile: Profile) -> Iterator[Finding]:
    count, most = len(content.slides), profile.max_slides
    if not count:
        yield blocks(
            "slides_missing",
            "/slides",
            _("The message has no slide."),
            limit=1,
            actual=0,
            fix=_("Add a slide with text or media."),
        )
    if count > most:
        yield blocks(
            "too_many_slides",
            "/slides",
            _("{count} slides; {provider} takes {most}."),
            {"count": count, "provider": profile.label, "most": most, "more": count - most},
            limit=most,
            actual=count,
            fix=_("Remove {more} or join their texts."),
            mends=(mend("merge_slides", "/slides", _("Join into {most}"), most=most),),
        )


def _message_media(content: Content, profile: Profile) -> Iterator[Finding]:
    media = list(content.parts())
    most = profile.media_per_message
    if profile.medium_required and content.slides and not media:
        yield blocks(
            "medium_missing",
            "/slides",
            _("{provider} sends a picture, video or sound; the message holds none."),
            {"provider": profile.label},
            limit=1,
            actual=0,
            fix=_("Add one, or choose another sender."),
        )
    if most is not None and len(media) > most:
        yield blocks(
            "too_many_media_in_message",
            media[most][0],
            _("The message holds {count} media; {provider} carries {most}."),
            {"count": len(media), "provider": profile.label, "most": most, "more": len(media) - most},
            limit=most,
            actual=len(media),
            fix=_("Remove {more}, or choose another sender."),
            mends=(removed(media[most][0]),),
        )


def _mixing(content: Content, profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        if len(slide.parts) < 2:
            continue
        kinds = [part.kind for part in slide.parts]
        clashing = [pair for pair in combinations(kinds, 2) if frozenset(pair) in profile.clashes]
        for first, second in clashing:
            yield _clash(index, first, second)
        if not clashing and len(kinds) > profile.media_per_slide:
            yield _crowded(index, kinds, profile)
        yield from _repeated_types(index, slide)


def _clash(index: int, first: str, second: str) -> Finding:
    pointer = f"/slides/{index}/{second}"
    return blocks(
        _clash_code(first, second),
        pointer,
        _("Slide {slide} holds {first} and {second}; they cannot share a slide."),
        {"slide": index + 1, "first": A_KIND[first], "second": A_KIND[second], "it": THE_KIND[second]},
        fix=_("Move {it} to a slide of its own."),
        mends=(moved(pointer), removed(pointer)),
    )


def _clash_code(first: str, second: str) -> str:
    pair = {first, second}
    if pair == {"image", "video"}:
        return "image_with_video"
    if pair == {"audio", "video"}:
        return "audio_with_video"
    return "object_with_media" if pair & {"image", "audio", "video"} else "several_objects"


def _crowded(index: int, kinds: list[str], profile: Profile) -> Finding:
    most = profile.media_per_slide
    pointer = f"/slides/{index}/{kinds[most]}"
    return blocks(
        "too_many_media",
        pointer,
        _("Slide {slide} holds {count} media; {provider} carries {most} a slide."),
        {
            "slide": index + 1,
            "count": len(kinds),
            "provider": profile.label,
            "most": most,
            "it": THE_KIND[kinds[most]],
        },
        limit=most,
        actual=len(kinds),
        fix=_("Move {it} to a slide of its own."),
        mends=(moved(pointer), removed(pointer)),
    )


def _repeated_types(index: int, slide: Slide) -> Iterator[Finding]:
    seen: set[str] = set()
    for part in slide.parts:
        if part.mime_type and part.mime_type in seen:
            pointer = f"/slides/{index}/{part.kind}"
            yield blocks(
                "same_type_twice",
                pointer,
                _("Slide {slide} holds two files of type {type}."),
                {"slide": index + 1, "type": part.mime_type},
                fix=_("Move one of them to another slide."),
                mends=(moved(pointer), removed(pointer)),
            )
        seen.add(part.mime_type)


def _durations(content: Content, profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        pointer, shown = f"/slides/{index}/duration", slide.duration
        values = {"slide": index + 1, "seconds": shown}
        if not profile.shortest <= shown <= profile.longest:
            nearest = min(max(shown, profile.shortest), profile.longest)
            yield blocks(
                "duration_out_of_range",
                pointer,
                _("Slide {slide} shows for {seconds} s; {shortest} to {longest} s are possible."),
                {**values, "shortest": profile.shortest, "longest": profile.longest},
                limit=profile.longest if shown > profile.longest else profile.shortest,
                actual=shown,
                fix=_("Choose a time within the range."),
                mends=(mend("set_duration", pointer, _("Set it to {seconds} s"), seconds=nearest),),
            )
        elif not profile.carries_duration and shown != DEFAULT_DURATION:
            yield advises(
                "duration_not_carried",
                pointer,
                _("{provider} does not pass on for how long a slide shows; phones decide."),
                {"provider": profile.label},
                fix=_("Choose another sender if the timing matters."),
                mends=(mend("set_duration", pointer, _("Set it to {seconds} s"), seconds=DEFAULT_DURATION),),
            )


def long_looks(content: Content) -> Iterator[Finding]:
    """Advice about slides that nobody waits for, whoever carries them."""
    for index, slide in enumerate(content.slides):
        if slide.duration > LONG_LOOK:
            pointer = f"/slides/{index}/duration"
            yield advises(
                "duration_long",
                pointer,
                _("Slide {slide} shows for {seconds} s; few people wait longer than {most} s."),
                {"slide": index + 1, "seconds": slide.duration, "most": LONG_LOOK},
                limit=LONG_LOOK,
                actual=slide.duration,
                fix=_("Show it for a shorter time, or split what it says."),
                mends=(mend("set_duration", pointer, _("Set it to {seconds} s"), seconds=LONG_LOOK),),
            )


def moved(pointer: str) -> Mend:
    """The change that gives a medium a slide of its own."""
    return mend("move_part", pointer, _("Move to its own slide"))


def removed(pointer: str) -> Mend:
    """The change that takes a medium out."""
    return mend("remove_part", pointer, _("Remove it"))


RULES = (_slide_count, _message_media, _mixing, _durations)
