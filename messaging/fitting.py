"""Which media of a message have to be made to fit the accounts that may carry it, and into what. Pure: nothing runs.

The rules say whether something is too large or of a type that is not taken; here stands what to make of it. Targets
suit all accounts at once: types that each of them takes, and the smallest of their budgets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from media.fitting import MAKES, Need, Target, TooLittle, share
from messaging.content import Content, Part
from messaging.gateway.contract import OptionField
from messaging.slide_rules import Finding, Profile, Severity, blocking
from messaging.slide_rules.findings import finding, mend
from messaging.slide_rules.findings import gettext_noop as _
from messaging.slide_rules.naming import file_name, kilobytes

# What fitting does away with.
CODES = frozenset({"part_too_large", "type_not_supported", "message_too_large"})
ANIMATED = "image/gif"
# Photos in these weigh less than the same as a JPEG: what is made of them may be larger.
DENSE = frozenset({"image/heic", "image/avif", "image/webp"})
# Budgets are rounded down to these steps, so that messages that differ by a word share their copies.
COARSE, FINE, SMALL = 5_000, 500, 50_000

FIT_MEDIA = OptionField(
    "fit_media",
    "Make media fit",
    "Media that are too large, or of a type that is not taken, are encoded anew before a message leaves.",
    default=True,
)
TEXT_IF_UNFIT = OptionField(
    "text_if_unfit",
    "Send the fallback text if media cannot be made to fit",
    "The text goes out alone; without this, or without a text, such a message fails.",
    default=True,
)
# Switches that every account has, whoever its provider is.
OPTIONS = (FIT_MEDIA, TEXT_IF_UNFIT)


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be made to fit: where it stands (below /content), what it is, what it has to become."""

    pointer: str
    part: Part
    target: Target

    @property
    def planned(self) -> Part:
        """The part as the rules should see it meanwhile: of its new type, at its largest."""
        return replace(self.part, mime_type=_type(self.part, self.target), size=self.target.budget)


def mendable(findings: Iterable[Finding]) -> tuple[bool, bool]:
    """Whether fitting might do away with something that stops the message, and whether with all of it."""
    mended = [one.code in CODES for one in blocking(findings)]
    return any(mended), any(mended) and all(mended)


def allowed(options: Mapping[str, bool]) -> bool:
    """Whether an account wants its media made to fit."""
    return options.get(FIT_MEDIA.name, FIT_MEDIA.default)


def text_if_unfit(options: Mapping[str, bool]) -> bool:
    """Whether an account wants the fallback text to go out alone where the media cannot be made to fit."""
    return options.get(TEXT_IF_UNFIT.name, TEXT_IF_UNFIT.default)


def plan(content: Content, profiles: Sequence[Profile], *, reserve: int = 0) -> tuple[Job, ...]:
    """What has to be made so that all of these accounts take the media; nothing where no plan is possible.

    In: the content with its files filled in; `reserve` is bytes to be left free beside the texts as they are written.
    Parts that are small enough and of a type that is taken stay as they are.
    """
    if not profiles:
        return ()
    parts = list(content.parts())
    able = [(pointer, part, types) for pointer, part in parts if part.asset and (types := _types(part, profiles))]
    fixed = sum(part.size for _pointer, part in parts) - sum(part.size for _pointer, part, _types in able)
    texts = sum(len(slide.text.encode()) for slide in content.slides)
    whole = min(profile.total_bytes for profile in profiles) - fixed - texts - reserve
    try:
        budgets = share([_need(part, profiles) for _pointer, part, _types in able], whole)
    except TooLittle:
        return ()
    return tuple(
        Job(pointer, part, Target(types, _rounded(budget)))
        for (pointer, part, types), budget in zip(able, budgets, strict=True)
        if budget < part.size or not _taken(part, profiles)
    )


def lowest(content: Content, profiles: Sequence[Profile]) -> int:
    """Bytes that all media take when each that can shrink is as small as it may become."""
    sizes = sum(part.size for _pointer, part in content.parts())
    return sizes - sum(need.size - need.floor for need in _needs(content, profiles))


def as_planned(content: Content, jobs: Sequence[Job]) -> Content:
    """The content as it will be at its largest once the jobs are done."""
    return with_parts(content, {job.pointer: job.planned for job in jobs})


def with_parts(content: Content, parts: Mapping[str, Part]) -> Content:
    """The content with some parts, named by their pointers below /content, in the place of its own."""
    return replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(parts.get(f"/slides/{index}/{part.kind}", part) for part in slide.parts))
            for index, slide in enumerate(content.slides)
        ),
    )


def advice(jobs: Iterable[Job]) -> Iterator[Finding]:
    """A line for each file that will be made to fit before the message leaves."""
    for job in jobs:
        yield finding(
            "media_will_be_fitted",
            Severity.ADVISES,
            f"/content{job.pointer}",
            _("{file} ({size}) will be made to fit: {type}, {most} at most."),
            {
                "file": file_name(job.part),
                "size": kilobytes(job.part.size),
                "type": job.planned.mime_type,
                "most": kilobytes(job.target.budget),
            },
            limit=job.target.budget,
            actual=job.part.size,
            fix=_("Nothing to do; the message leaves once that is done. Look at it beforehand if you like."),
            mends=(mend("shrink_media", job.pointer, _("Make it now and compare"), budget=job.target.budget),),
        )


def unfit(content: Content, profiles: Sequence[Profile]) -> Finding | None:
    """Why no copies can be made that fit together; None where it is not for lack of room."""
    if not profiles:
        return None
    most, needed = min(profile.total_bytes for profile in profiles), lowest(content, profiles)
    tight = [need for need in _needs(content, profiles) if need.floor > need.ceiling]
    if tight:
        most, needed = min(need.ceiling for need in tight), max(need.floor for need in tight)
    elif needed <= most:
        return None
    return finding(
        "media_cannot_fit",
        Severity.ADVISES,
        "/content/slides",
        _("Even at their smallest the media take {size}; {most} are there."),
        {"size": kilobytes(needed), "most": kilobytes(most)},
        limit=most,
        actual=needed,
        fix=_("Cut what plays long, or leave something out."),
    )


def _types(part: Part, profiles: Sequence[Profile]) -> tuple[str, ...]:
    """The types that a part may become: what we can write, all take and phones play."""
    taken = [one for one in MAKES.get(part.kind, ()) if all(_takes(profile, part.kind, one) for profile in profiles)]
    moves = part.mime_type in {ANIMATED, "image/webp"}
    return tuple(one for one in taken if one != ANIMATED or moves)


def _takes(profile: Profile, kind: str, mime_type: str) -> bool:
    plays = not profile.plays or mime_type in profile.plays
    return mime_type in profile.types.get(kind, frozenset()) and plays


def _taken(part: Part, profiles: Sequence[Profile]) -> bool:
    return all(part.mime_type in profile.types.get(part.kind, frozenset()) for profile in profiles)


def _type(part: Part, target: Target) -> str:
    """What the copy will most likely be."""
    still = [one for one in target.types if one != ANIMATED]
    return ANIMATED if part.mime_type == ANIMATED and ANIMATED in target.types else still[0]


def _need(part: Part, profiles: Sequence[Profile]) -> Need:
    kind = "animation" if part.mime_type == ANIMATED else part.kind
    most = min(profile.part_bytes.get(part.kind, profile.total_bytes) for profile in profiles)
    return Need(kind, part.size * 2 if part.mime_type in DENSE else part.size, part.seconds, most)


def _needs(content: Content, profiles: Sequence[Profile]) -> list[Need]:
    parts = (part for _pointer, part in content.parts() if part.asset and _types(part, profiles))
    return [_need(part, profiles) for part in parts]


def _rounded(budget: int) -> int:
    step = COARSE if budget >= SMALL else FINE
    return max(budget - budget % step, 1)
