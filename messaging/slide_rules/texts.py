"""Rules about texts, as long as they are for whom they are longest once substitutions are filled in."""

import re
from collections.abc import Iterator

from messaging.content import LONGEST_FILLED, Content
from messaging.slide_rules.filled import Filled
from messaging.slide_rules.findings import Finding, advises, blocks, mend
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.profiles import Profile

# Far more than any message needs, few enough to fill in for ten thousand recipients while a caller waits.
MOST_PLACEHOLDERS = 200
# What no XML document can hold, and what no phone shows; line breaks and tabs are neither.
NOT_XML = re.compile(r"[\x00-\x08\x0e-\x1f\ufffe\uffff]")
NOT_SHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# Of each text: how its findings are called, and how it is called in them.
TOO_LONG = {
    "text": _("The text of slide {slide} has {count} characters; {most} are possible."),
    "subject": _("The subject has {count} characters; {most} are possible."),
    "name": _("The name has {count} characters; {most} are possible."),
    "fallback": _("The fallback text has {count} characters; {most} are possible."),
}
LONG = {
    "text": _("The text of slide {slide} has {count} characters; {most} show well everywhere."),
    "subject": _("The subject has {count} characters; {most} show well everywhere."),
    "fallback": _("The fallback text has {count} characters; {most} show well everywhere."),
}


def _texts(content: Content, filled: Filled, profile: Profile) -> Iterator[Finding]:
    for index in range(len(content.slides)):
        pointer = f"/slides/{index}/text"
        if profile.carries_text:
            yield from _length(filled, "text", pointer, profile.text_limit, profile.text_advice, slide=index + 1)
        elif filled.said(pointer):
            yield blocks(
                "text_not_carried",
                pointer,
                _("{provider} carries no text beside the media; slide {slide} has some."),
                {"provider": profile.label, "slide": index + 1},
                fix=_("Move the text to the fallback SMS."),
                mends=(
                    mend("text_to_fallback", pointer, _("Move to the fallback SMS")),
                    mend("clear_field", pointer, _("Remove the text")),
                ),
            )


def _empty_slides(content: Content, filled: Filled, _profile: Profile) -> Iterator[Finding]:
    for index, slide in enumerate(content.slides):
        if slide.parts or not filled.blank(f"/slides/{index}/text"):
            continue
        values = {"slide": index + 1}
        if slide.text.strip():
            words = _("Slide {slide} is empty for a recipient whose value is blank.")
            fix = _("Write more than values into it, add media, or give everybody a value.")
        else:
            words = _("Slide {slide} is empty.")
            fix = _("Write a text, add media, or remove the slide.")
        remove = mend("remove_slide", f"/slides/{index}", _("Remove the slide"))
        yield blocks("slide_empty", f"/slides/{index}", words, values, fix=fix, mends=(remove,))


def _subject(_content: Content, filled: Filled, profile: Profile) -> Iterator[Finding]:
    yield from _length(filled, "subject", "/subject", profile.subject_limit, profile.subject_advice)
    yield from _length(filled, "name", "/name", profile.name_limit, profile.name_limit)
    if not profile.carries_subject:
        if filled.said("/subject"):
            yield advises(
                "subject_not_carried",
                "/subject",
                _("{provider} carries no subject; phones will not show it."),
                {"provider": profile.label},
                fix=_("Say it in the fallback SMS, or choose another sender."),
                mends=(mend("clear_field", "/subject", _("Remove the subject")),),
            )
    elif filled.blank("/subject"):
        advice = profile.subject_advice
        yield advises(
            "subject_missing",
            "/subject",
            _("No subject: many phones show one."),
            {"most": advice},
            fix=_("Write up to {most} characters."),
            mends=(mend("write_subject", "/subject", _("Suggest a subject"), limit=advice),),
        )


def _subject_characters(_content: Content, filled: Filled, profile: Profile) -> Iterator[Finding]:
    if odd := filled.odd("/subject"):
        yield blocks(
            "subject_control_characters",
            "/subject",
            _("The subject holds line breaks or invisible direction marks."),
            actual=odd,
            fix=_("Type the subject on one plain line."),
            mends=(mend("clean_text", "/subject", _("Take them out")),),
        )
    if profile.plain_subject_advised and not all(value.isascii() for value in filled.values("/subject")):
        yield advises(
            "subject_not_plain",
            "/subject",
            _("The subject holds emoji or accented letters; some networks behind {provider} refuse those."),
            {"provider": profile.label},
            fix=_("Say it with plain letters, and put emoji into the text."),
        )


def _control_characters(content: Content, filled: Filled, profile: Profile) -> Iterator[Finding]:
    for pointer, _text in content.texts():
        if pointer == "/subject" or not filled.odd(pointer):
            continue
        shown = list(filled.values(pointer))
        odd = sum(len(NOT_SHOWN.findall(value)) for value in shown)
        if not odd:
            continue
        severe = profile.plain_text_only and any(NOT_XML.search(value) for value in shown)
        yield (blocks if severe else advises)(
            "control_characters",
            pointer,
            _("The text holds {count} invisible control characters."),
            {"count": odd},
            actual=odd,
            fix=_("Type the text anew, or have them taken out."),
            mends=(mend("clean_text", pointer, _("Take them out")),),
        )


def _fallback(content: Content, filled: Filled, profile: Profile) -> Iterator[Finding]:
    if content.fallback.disabled:
        if not profile.fallback_optional:
            yield blocks(
                "fallback_cannot_be_disabled",
                "/fallback/disabled",
                _("{provider} always falls back to an SMS when the picture message cannot be delivered."),
                {"provider": profile.label},
                fix=_("Switch the fallback on and write its text, or choose another sender."),
                mends=(mend("fallback_on", "/fallback/disabled", _("Switch the fallback on")),),
            )
        return
    standing_in = ("/subject",) if profile.subject_is_fallback else ()
    if profile.fallback_required and filled.blank("/fallback/text", *standing_in):
        yield _fallback_missing(profile)
    yield from _length(filled, "fallback", "/fallback/text", profile.fallback_limit, profile.fallback_advice)
    if content.fallback.link and not profile.carries_link:
        yield advises(
            "link_not_carried",
            "/fallback/link",
            _("{provider} adds no link to the fallback SMS."),
            {"provider": profile.label},
            fix=_("Write the address into the fallback text, or leave the link out."),
            mends=(mend("drop_link", "/fallback/link", _("Leave the link out")),),
        )


def _fallback_missing(profile: Profile) -> Finding:
    off = (mend("fallback_off", "/fallback/disabled", _("Send without a fallback")),)
    return blocks(
        "fallback_missing",
        "/fallback/text",
        _("{provider} asks for a fallback text, sent when the picture message cannot be delivered."),
        {"provider": profile.label},
        fix=_WAYS_OUT[profile.subject_is_fallback, profile.fallback_optional],
        mends=(
            mend("write_fallback", "/fallback/text", _("Write it from the message"), limit=profile.fallback_advice),
            *(off if profile.fallback_optional else ()),
        ),
    )


_WAYS_OUT = {
    (False, False): _("Write a short SMS."),
    (True, False): _("Write a short SMS, or give the message a subject."),
    (False, True): _("Write a short SMS, or switch the fallback off."),
    (True, True): _("Write a short SMS, give the message a subject, or switch the fallback off."),
}


def _length(filled: Filled, what: str, pointer: str, limit: int, advice: int, **more: int) -> Iterator[Finding]:
    actual = filled.length(pointer, limit=advice)
    if actual <= advice:
        return
    too_long = actual > limit
    most = limit if too_long else advice
    yield (blocks if too_long else advises)(
        f"{what}_too_long" if too_long else f"{what}_long",
        pointer,
        TOO_LONG[what] if too_long else LONG[what],
        {**more, "count": actual, "most": most, "more": actual - most},
        limit=most,
        actual=actual,
        fix=_("Cut 1 character.") if actual - most == 1 else _("Cut {more} characters."),
        mends=(
            *((mend("split_text", pointer, _("Split over several slides"), limit=most),) if what == "text" else ()),
            mend("shorten", pointer, _("Shorten to {limit} characters"), limit=most),
        ),
    )


def too_many_placeholders(content: Content) -> Finding | None:
    """The finding about a content whose placeholders would have to be filled in thousands of times over."""
    count = content.placeholder_count()
    if count <= MOST_PLACEHOLDERS:
        return None
    return blocks(
        "too_many_placeholders",
        "/slides",
        _("The texts hold {count} placeholders; {most} are possible."),
        {"count": count, "most": MOST_PLACEHOLDERS},
        limit=MOST_PLACEHOLDERS,
        actual=count,
        fix=_("Write out what is the same for everybody."),
    )


def too_long_together(filled: Filled) -> Finding | None:
    """The finding about texts far beyond any provider: a short text full of placeholders can stand for gigabytes."""
    length = filled.length(*filled.texts, limit=LONGEST_FILLED)
    if length <= LONGEST_FILLED:
        return None
    return blocks(
        "texts_too_long",
        "/slides",
        _("With their values filled in, the texts have {count} characters together."),
        {"count": length},
        limit=LONGEST_FILLED,
        actual=length,
        fix=_("Shorten the texts or the values."),
    )


RULES = (_texts, _empty_slides, _subject, _subject_characters, _control_characters, _fallback)
