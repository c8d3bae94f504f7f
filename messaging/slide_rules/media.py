"""Rules about the slides and what they hold: the same for every recipient."""

from collections.abc import Iterator
from itertools import combinations
from urllib.parse import urlsplit

from messaging.content import Content, Part, Slide
from messaging.slide_rules.findings import Finding, advises, blocks
from messaging.slide_rules.profiles import Profile

NAMES = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "contact": "contact card",
    "calendar": "calendar event",
    "pdf": "PDF",
    "passbook": "wallet pass",
}


def _slide_count(content: Content, profile: Profile) -> Iterator[Finding]:
    count, most = len(content.slides), profile.max_slides
    if not count:
        yield blocks(
            "slides_missing",
            "/slides",
            "The message has no slide.",
            limit=1,
            actual=0,
            fix="Add a slide with text or media.",
        )
    if count > most:
        yield blocks(
            "too_many_slides",
            "/slides",
            f"{count} slides; {profile.label} takes {most}.",
            limit=most,
            actual=count,
            fix=f"Remove {count - most} or join their texts.",
        )


def _message_media(content: Content, profile: Profile) -> Iterator[Finding]:
    media = list(content.parts())
    most = profile.media_per_message
    if profile.medium_required and content.slides and not media:
        yield blocks(
            "medium_missing",
            "/slides",
            f"{profile.label} sends a picture, video or sound; the message holds none.",
            limit=1,
            actual=0,
            fix="Add one, or choose another sender.",
        )
    if most is not None and len(media) > most:
        yield blocks(
            "too_many_media_in_message",
            media[most][0],
            f"The message holds {len(media)} media; {profile.label} carries {most}.",
            limit=most,
            actual=len(media),
            fix=f"Remove {len(media) - most}, or choose another sender.",
        )


def _empty_slides(content: Content, _profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        if not slide.text.strip() and not slide.parts:
            yield blocks(
                "slide_empty",
                f"/slides/{index}",
                f"Slide {index + 1} is empty.",
                fix="Write a text, add media, or remove the slide.",
            )


def _mixing(content: Content, profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        kinds = [part.kind for part in slide.parts]
        clashing = [pair for pair in combinations(kinds, 2) if frozenset(pair) in profile.clashes]
        for first, second in clashing:
            yield blocks(
                _clash_code(first, second),
                f"/slides/{index}/{second}",
                f"Slide {index + 1} holds {_a(first)} and {_a(second)}; they cannot share a slide.",
                fix=f"Move the {NAMES[second]} to a slide of its own.",
            )
        if not clashing and len(kinds) > profile.media_per_slide:
            yield blocks(
                "too_many_media",
                f"/slides/{index}/{kinds[profile.media_per_slide]}",
                f"Slide {index + 1} holds {len(kinds)} media; {profile.label} carries "
                f"{profile.media_per_slide} a slide.",
                limit=profile.media_per_slide,
                actual=len(kinds),
                fix=f"Move the {NAMES[kinds[-1]]} to a slide of its own.",
            )
        yield from _repeated_types(index, slide)


def _clash_code(first: str, second: str) -> str:
    pair = {first, second}
    if pair == {"image", "video"}:
        return "image_with_video"
    if pair == {"audio", "video"}:
        return "audio_with_video"
    return "object_with_media" if pair & {"image", "audio", "video"} else "several_objects"


def _repeated_types(index: int, slide: Slide) -> Iterator[Finding]:
    seen: set[str] = set()
    for part in slide.parts:
        if part.mime_type and part.mime_type in seen:
            yield blocks(
                "same_type_twice",
                f"/slides/{index}/{part.kind}",
                f"Slide {index + 1} holds two files of type {part.mime_type}.",
                fix="Move one of them to another slide.",
            )
        seen.add(part.mime_type)


def _types(content: Content, profile: Profile) -> Iterator[Finding]:
    for pointer, part in content.parts():
        allowed = profile.types.get(part.kind)
        if allowed is None:
            yield blocks(
                "kind_not_supported",
                pointer,
                f"{profile.label} does not carry {_a(part.kind)}.",
                fix=f"Remove the {NAMES[part.kind]} or choose another sender.",
            )
        elif part.mime_type and part.mime_type not in allowed:
            yield blocks(
                "type_not_supported",
                pointer,
                f"{_file(part)} is {part.mime_type}; {profile.label} takes {', '.join(sorted(allowed))}.",
                fix="Convert the file or choose another.",
            )


def _sizes(content: Content, profile: Profile) -> Iterator[Finding]:
    total = 0
    for pointer, part in content.parts():
        total += part.size
        limit = profile.part_bytes.get(part.kind, profile.total_bytes)
        if part.size > limit:
            yield blocks(
                "part_too_large",
                pointer,
                f"{_file(part)} is {_kb(part.size)}; one file may have {_kb(limit)}.",
                limit=limit,
                actual=part.size,
                fix="Choose a smaller file.",
            )
    total += sum(len(slide.text.encode()) for slide in content.slides)
    if total > profile.total_bytes:
        yield blocks(
            "message_too_large",
            "/slides",
            f"The message is {_kb(total)}; {profile.label} carries {_kb(profile.total_bytes)} in all.",
            limit=profile.total_bytes,
            actual=total,
            fix=f"Save {_kb(total - profile.total_bytes)}: smaller files or fewer slides.",
        )


def _urls(content: Content, profile: Profile) -> Iterator[Finding]:
    for pointer, part in content.parts():
        if not part.url:
            continue
        try:
            address = urlsplit(part.url)
            whole = address.scheme in {"http", "https"} and bool(address.hostname)
        except ValueError:
            whole = False
        if not whole:
            yield blocks(
                "media_url_not_public",
                pointer + "/url",
                "The address is not a full public http or https address.",
                fix="Give the whole address, such as https://media.example.org/a/tour.mp4.",
            )
        elif address.query and part.host == "caller":
            yield _query(part, pointer + "/url", profile)


def _query(part: Part, pointer: str, profile: Profile) -> Finding:
    fix = "Use an address without a query, or let us host the file."
    if part.kind in profile.drops_query:
        message = (
            f"{profile.label} drops what follows the “?” of {_a(part.kind)}'s address and then cannot find the file."
        )
        return blocks("media_url_query", pointer, message, fix=fix)
    message = f"{profile.label} may drop what follows the “?” and then not find the file."
    return advises("media_url_query", pointer, message, fix=fix)


def _durations(content: Content, profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        if not profile.shortest <= slide.duration <= profile.longest:
            yield blocks(
                "duration_out_of_range",
                f"/slides/{index}/duration",
                f"Slide {index + 1} shows for {slide.duration} s; {profile.shortest} to {profile.longest} s "
                "are possible.",
                limit=profile.longest,
                actual=slide.duration,
                fix="Choose a time within the range.",
            )


def _file(part: Part) -> str:
    return part.name or f"The {NAMES[part.kind]}"


def _a(kind: str) -> str:
    return f"{'an' if kind in {'image', 'audio'} else 'a'} {NAMES[kind]}"


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} KB" if size >= 1000 else f"{size} bytes"


RULES = (_slide_count, _message_media, _empty_slides, _mixing, _types, _sizes, _urls, _durations)
