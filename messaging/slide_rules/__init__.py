"""One pure answer to "may this content go, and if not, what is wrong where": content + profile -> findings.

The composer's live check, the API's dry run, the queue's gate and the sender's last look all call `check`, so the
same fault always earns the same finding, word for word. Limits are data (`Profile`), kept in each provider's folder.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from messaging.content import Content
from messaging.slide_rules import media, slides, texts, times
from messaging.slide_rules.filled import Filled, of_recipients, of_summary
from messaging.slide_rules.findings import Finding, Mend, Severity
from messaging.slide_rules.missing import unfilled
from messaging.slide_rules.profiles import Profile, of_provider
from messaging.slide_rules.summaries import Summary

__all__ = ["Finding", "Mend", "Profile", "Severity", "Summary", "blocking", "check", "check_summary", "each", "merged"]

# What a sum over all rows may say of values that no single row has together.
BOUNDED = frozenset(f"{what}_{how}" for what in ("text", "subject", "name", "fallback") for how in ("long", "too_long"))
BOUNDED |= {
    "texts_too_long",
    "message_too_large",
    "message_large",
    "slide_empty",
    "fallback_missing",
    "subject_missing",
}


def check(
    content: Content,
    profiles: Sequence[Profile],
    *,
    shared: Mapping[str, str] | None = None,
    recipients: Sequence[Mapping[str, str]] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Every finding about a content, what blocks first, then in the order of the slides.

    In: the content as composed, the profiles of the accounts that might carry it, the substitutions shared by all
    and those of each recipient (a recipient's value wins). Text rules hold for each recipient's own text; a fault that
    several recipients share is reported once, with the worst figure. `now` is when the message goes out.
    """
    return merged(chain.from_iterable(each(content, profiles, shared=shared, recipients=recipients, now=now)))


def each(
    content: Content,
    profiles: Sequence[Profile],
    *,
    shared: Mapping[str, str] | None = None,
    recipients: Sequence[Mapping[str, str]] = (),
    now: datetime | None = None,
) -> list[list[Finding]]:
    """What `check` says about each profile alone; the recipients' values are gone through once for all of them."""
    filled = of_recipients(content, shared or {}, recipients)
    return _all(content, profiles, filled, now, known=bool(recipients))


def check_summary(
    content: Content,
    profiles: Sequence[Profile],
    summary: Mapping[str, Mapping[str, Any]],
    *,
    total: int,
    shared: Mapping[str, str] | None = None,
    now: datetime | None = None,
    rows: Callable[[], Sequence[Mapping[str, str]]] | None = None,
) -> list[Finding]:
    """What `check` would say at worst of `total` recipients of whom only a summary is known.

    `summary` has the form that `Summary.to_json` gives (and `RecipientList.summary` keeps):

        {"area": {"longest": "EC1M 4BH", "lacking": 3, "rows": [7, 12, 40], ...}}

    When nothing blocks here, nothing blocks any of the rows. A text with several names may be blamed for a length that
    no single row reaches: `rows` gives the values of each, and is asked where that would block.
    """
    filled = of_summary(content, shared or {}, summary, total)
    found = merged(chain.from_iterable(_all(content, profiles, filled, now, known=total > 0)))
    if rows is None or len(content.placeholders()) < 2 or not any(one.code in BOUNDED for one in blocking(found)):
        return found
    exact = check(content, profiles, shared=shared, recipients=rows(), now=now)
    certain = (one for one in found if one.code not in BOUNDED)
    return merged([*certain, *(one for one in exact if one.code in BOUNDED)])


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings, each once: what several providers or recipients share is one, with the worst figure."""
    found: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        _merge(found, finding)
    return sorted(found.values(), key=_order)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop the message."""
    return [finding for finding in findings if finding.severity is Severity.BLOCKS]


def _all(
    content: Content, profiles: Sequence[Profile], filled: Filled, now: datetime | None, *, known: bool
) -> list[list[Finding]]:
    """The findings of each profile, and with them those that hold whoever carries the content."""
    now = now or datetime.now(UTC)
    general = [*slides.long_looks(content), *media.undescribed(content), *(unfilled(content, filled) if known else ())]
    # Of texts like these nothing more need be known; nobody could take them.
    swollen = texts.too_many_placeholders(content) or texts.too_long_together(filled)
    return [
        merged([*(of_provider(found, profile) for found in _of(content, profile, filled, now, swollen)), *general])
        for profile in profiles
    ]


def _of(
    content: Content, profile: Profile, filled: Filled, now: datetime, swollen: Finding | None
) -> Iterator[Finding]:
    for of_slides in (*slides.RULES, *media.RULES):
        yield from of_slides(content, profile)
    yield from times.link_expiry(content, profile, now)
    if swollen:
        yield swollen
        return
    yield from media.sizes(content, profile, filled.weight(profile.total_bytes), same_for_all=not filled.personal)
    for of_texts in texts.RULES:
        yield from of_texts(content, filled, profile)


def _merge(found: dict[tuple[str, str, str], Finding], new: Finding) -> None:
    # Of several placeholders in one text each is a fault of its own.
    key = (new.code, new.pointer, f"{new.severity} {new.limit} {new.values.get('name', '')}")
    old = found.get(key)
    if old is None:
        found[key] = new
        return
    worst = new if (new.actual or 0) > (old.actual or 0) else old
    found[key] = replace(
        worst,
        providers=tuple(dict.fromkeys(old.providers + new.providers)),
        provider_codes={**old.provider_codes, **new.provider_codes},
    )


def _order(finding: Finding) -> tuple[bool, str, str]:
    return (finding.severity is not Severity.BLOCKS, finding.pointer, finding.code)
