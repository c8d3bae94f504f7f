"""The limits that a content is measured against: data, kept in each provider's folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from messaging.content import KINDS
from messaging.slide_rules.findings import Finding


@dataclass(frozen=True, slots=True)
class Profile:
    """What one provider takes. Sizes in bytes, lengths in characters, durations in seconds.

    `fallback_required` unless the sender of the message switches the fallback off (where `fallback_optional` lets them)
    or, where `subject_is_fallback`, a subject stands in for it. `link_days` and `longest_validity` (seconds) are the
    most a fallback link and a message may live; `carries_link`, `carries_expiry` and `carries_duration` say whether the
    request has a place for them at all. `sender_kinds` and `sender_countries` say who may send at all; empty means
    anyone. Kinds in `drops_query` are fetched without what follows the "?"; `needs_length` refuses an answer that does
    not say how long it is, `type_by_extension` goes by the address where the server names no type, `wants_extension`
    asks for addresses that end in one.

    `part_bytes` holds for content that differs between people, `shared_part_bytes` for what is the same for all and
    can be made to fit at the provider first. `plays` are the types that phones play as they are, where nobody makes
    them fit; empty means that the provider sees to it. `encodes` are the kinds that wait until that is done.
    `seconds_advice` is how long a medium of a kind should play at most, `total_advice` what every carrier takes.

    `reference_limit` is the longest reference of ours that the request takes, None where it takes none. `codes` holds
    the provider's own code for a finding's, or for a finding's and the kind of medium it is about ("part_too_large
    video").
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
    carries_duration: bool = True
    carries_link: bool = True
    carries_expiry: bool = True
    plain_text_only: bool = False
    plain_subject_advised: bool = False
    fallback_optional: bool = True
    subject_is_fallback: bool = False
    link_days: int | None = None
    longest_validity: int | None = None
    drops_query: frozenset[str] = frozenset()
    needs_length: bool = False
    type_by_extension: bool = False
    wants_extension: bool = False
    shared_part_bytes: Mapping[str, int] = field(default_factory=dict)
    total_advice: int | None = None
    plays: frozenset[str] = frozenset()
    encodes: frozenset[str] = frozenset()
    seconds_advice: Mapping[str, int] = field(default_factory=dict)
    reference_limit: int | None = None
    campaign_required: bool = False
    sender_kinds: frozenset[str] = frozenset()
    sender_countries: frozenset[str] = frozenset()


def of_provider(finding: Finding, profile: Profile) -> Finding:
    """The finding as one provider's: whom it concerns, and the code that the provider itself would have answered."""
    kind = next((step for step in finding.pointer.split("/") if step in KINDS), "")
    code = profile.codes.get(f"{finding.code} {kind}") or profile.codes.get(finding.code)
    return replace(finding, providers=(profile.provider,), provider_codes={profile.provider: code} if code else {})
