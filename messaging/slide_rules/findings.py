"""The answer's form: one finding, its severity, and the limits it is measured against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops the message or only advises."""

    BLOCKS = "blocks"
    ADVISES = "advises"


@dataclass(frozen=True, slots=True)
class Mend:
    """A change that does away with a finding; `messaging.mending` carries it out.

    `action` names the kind of change, `pointer` where it is made, `label` stands on its button, `args` are what the
    action needs to know (a limit, a kind, a sender).
    """

    action: str
    pointer: str
    label: str
    args: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, or unwise, about a content.

    `pointer` is a JSON pointer into the REST request; `limit` and `actual` are in the unit the message names;
    `provider_codes` holds the code each provider would have answered with. `mends` are changes that do away with it,
    the best first.
    """

    code: str
    severity: Severity
    pointer: str
    message: str
    limit: int | None = None
    actual: int | None = None
    fix: str = ""
    providers: tuple[str, ...] = ()
    provider_codes: Mapping[str, str] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What one provider takes. Sizes in bytes, lengths in characters, durations in seconds.

    `fallback_required` unless the sender of the message switches the fallback off (where `fallback_optional` lets them)
    or, where `subject_is_fallback`, a subject stands in for it. `link_days` and `longest_validity` (seconds) are the
    most a fallback link and a message may live. `sender_kinds` and `sender_countries` say who may send at all; empty
    means anyone. Kinds in `drops_query` are fetched without what follows the "?". `codes` holds the provider's own code
    for a finding's, or for a finding's and the kind of medium it is about ("part_too_large video").
    """

    provider: str
    label: str
    max_slides: int
    media_per_slide: int
    clashes: frozenset[frozenset[str]]
    types: Mapping[str, frozenset[str]]
    total_bytes: int
    part_bytes: Mapping[str, int]
    text_limit: int
    text_advice: int
    subject_limit: int
    subject_advice: int
    fallback_limit: int
    fallback_advice: int
    fallback_required: bool
    name_limit: int
    shortest: int
    longest: int
    codes: Mapping[str, str]
    media_per_message: int | None = None
    medium_required: bool = False
    carries_text: bool = True
    carries_subject: bool = True
    fallback_optional: bool = True
    subject_is_fallback: bool = False
    link_days: int | None = None
    longest_validity: int | None = None
    drops_query: frozenset[str] = frozenset()
    sender_kinds: frozenset[str] = frozenset()
    sender_countries: frozenset[str] = frozenset()


def blocks(code: str, pointer: str, message: str, **more: object) -> Finding:
    """A finding that stops the message; `pointer` is below /content."""
    return Finding(code, Severity.BLOCKS, f"/content{pointer}", message, **more)  # type: ignore[arg-type]


def advises(code: str, pointer: str, message: str, **more: object) -> Finding:
    """A finding that only advises; `pointer` is below /content."""
    return Finding(code, Severity.ADVISES, f"/content{pointer}", message, **more)  # type: ignore[arg-type]
