"""Rules about texts, which differ from recipient to recipient once substitutions are filled in."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from messaging.content import LONGEST_FILLED, Content
from messaging.slide_rules.findings import Finding, advises, blocks
from messaging.slide_rules.profiles import Profile

# Far more than any message needs, few enough to fill in for ten thousand recipients while a caller waits.
MOST_PLACEHOLDERS = 200


def _texts(content: Content, profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        if not profile.carries_text and slide.text.strip():
            yield blocks(
                "text_not_carried",
                f"/slides/{index}/text",
                f"{profile.label} carries no text beside the media; slide {index + 1} has some.",
                fix="Move the text to the fallback SMS.",
            )
            continue
        yield from _length(
            "text",
            f"/slides/{index}/text",
            f"The text of slide {index + 1}",
            len(slide.text),
            profile.text_limit,
            profile.text_advice,
        )
    yield from _length(
        "subject",
        "/subject",
        "The subject",
        len(content.subject),
        profile.subject_limit,
        profile.subject_advice,
    )
    yield from _length("name", "/name", "The name", len(content.name), profile.name_limit, profile.name_limit)


def _subject(content: Content, profile: Profile) -> Iterator[Finding]:
    if content.subject.strip() and not profile.carries_subject:
        yield advises(
            "subject_not_carried",
            "/subject",
            f"{profile.label} carries no subject; phones will not show it.",
            fix="Say it in the fallback SMS, or choose another sender.",
        )
    elif not content.subject.strip() and profile.carries_subject:
        yield advises(
            "subject_missing",
            "/subject",
            "No subject: many phones show one.",
            fix="Write up to 40 characters.",
        )
    odd = [
        c
        for c in content.subject
        if unicodedata.category(c) in {"Cc", "Cs"} or c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
    ]
    if odd:
        yield blocks(
            "subject_control_characters",
            "/subject",
            "The subject holds line breaks or invisible direction marks.",
            actual=len(odd),
            fix="Type the subject on one plain line.",
        )


def _fallback(content: Content, profile: Profile) -> Iterator[Finding]:
    fallback = content.fallback
    if fallback.disabled:
        if not profile.fallback_optional:
            yield blocks(
                "fallback_cannot_be_disabled",
                "/fallback/disabled",
                f"{profile.label} always falls back to an SMS when the picture message cannot be delivered.",
                fix="Switch the fallback on and write its text, or choose another sender.",
            )
        return
    if profile.fallback_required and not _has_fallback(content, profile):
        yield blocks(
            "fallback_missing",
            "/fallback/text",
            f"{profile.label} asks for a fallback text, sent when the picture message cannot be delivered.",
            fix=_fallback_fix(profile),
        )
    yield from _length(
        "fallback",
        "/fallback/text",
        "The fallback text",
        len(fallback.text),
        profile.fallback_limit,
        profile.fallback_advice,
    )


def _has_fallback(content: Content, profile: Profile) -> bool:
    return bool(content.fallback.text.strip() or (profile.subject_is_fallback and content.subject.strip()))


def _fallback_fix(profile: Profile) -> str:
    ways = ["Write a short SMS"]
    ways += ["give the message a subject"] if profile.subject_is_fallback else []
    ways += ["switch the fallback off"] if profile.fallback_optional else []
    return f"{', '.join(ways[:-1])}, or {ways[-1]}." if ways[1:] else f"{ways[0]}."


def _length(what: str, pointer: str, name: str, actual: int, limit: int, advice: int) -> Iterator[Finding]:
    if actual > limit:
        yield blocks(
            f"{what}_too_long",
            pointer,
            f"{name} has {actual} characters; {limit} are possible.",
            limit=limit,
            actual=actual,
            fix=_cut(actual - limit),
        )
    elif actual > advice:
        yield advises(
            f"{what}_long",
            pointer,
            f"{name} has {actual} characters; {advice} show well everywhere.",
            limit=advice,
            actual=actual,
            fix=_cut(actual - advice),
        )


def too_many_placeholders(content: Content) -> Finding | None:
    """The finding about a content whose placeholders would have to be filled in thousands of times over."""
    count = content.placeholder_count()
    if count <= MOST_PLACEHOLDERS:
        return None
    return blocks(
        "too_many_placeholders",
        "/slides",
        f"The texts hold {count} placeholders; {MOST_PLACEHOLDERS} are possible.",
        limit=MOST_PLACEHOLDERS,
        actual=count,
        fix="Write out what is the same for everybody.",
    )


def _cut(number: int) -> str:
    return f"Cut {number} character{'' if number == 1 else 's'}."


def unfilled(content: Content, people: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    """The placeholders that some recipient has no value for; rows count from 1."""
    rows: dict[str, list[int]] = {}
    used = content.placeholders()
    for row, values in enumerate(people, start=1):
        for name in used.keys() - values.keys():
            rows.setdefault(name, []).append(row)
    for name in filter(rows.__contains__, used):
        lacking = rows[name]
        shown = ", ".join(str(row) for row in lacking[:5]) + (" …" if len(lacking) > 5 else "")
        who = "any recipient" if len(lacking) == len(people) else f"recipient {shown}"
        yield blocks(
            "substitution_missing",
            used[name],
            f"$({name}) has no value for {who}.",
            actual=len(lacking),
            fix=f"Give {name} a value, or remove $({name}) from the text.",
        )


def of_one(content: Content, values: Mapping[str, str], length: int, profile: Profile) -> Iterator[Finding]:
    """What is wrong with the texts as one recipient gets them; `length` is theirs with `values` filled in.

    Texts far beyond any provider are only measured: a short text full of placeholders can stand for gigabytes.
    """
    if length > LONGEST_FILLED:
        yield blocks(
            "texts_too_long",
            "/slides",
            f"With their values filled in, the texts have {length} characters together.",
            limit=LONGEST_FILLED,
            actual=length,
            fix="Shorten the texts or the values.",
        )
        return
    version = content.substituted(values)
    for rule in RULES:
        yield from rule(version, profile)


RULES = (_texts, _subject, _fallback)
