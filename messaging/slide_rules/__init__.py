"""One pure answer to "may this content go, and if not, what is wrong where": content + profile -> findings.

The composer's live check, the API's dry run, the queue's gate and the sender's last look all call `check`, so the
same fault always earns the same finding, word for word. Limits are data (`Profile`), kept in each provider's folder.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from messaging.content import LONGEST_FILLED, Content
from messaging.slide_rules import media, texts, times
from messaging.slide_rules.findings import Finding, Mend, Severity
from messaging.slide_rules.profiles import Profile
from messaging.slide_rules.summaries import Summary

ENOUGH = 2_000_000

__all__ = ["Finding", "Mend", "Profile", "Severity", "Summary", "blocking", "check", "merged"]


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
    and those of each recipient (a recipient's value wins). Text rules run on each recipient's own text; a fault that
    several recipients share is reported once, with the worst figure. `now` is when the message goes out.
    """
    now = now or datetime.now(UTC)
    shared = shared or {}
    people = [{**shared, **own} for own in recipients] or [dict(shared)]
    found = (
        _for_provider(finding, profile) for profile in profiles for finding in _findings(content, profile, people, now)
    )
    return merged(chain(found, texts.unfilled(content, people) if recipients else ()))


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings, each once: what several providers or recipients share is one, with the worst figure."""
    found: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        _merge(found, finding)
    return sorted(found.values(), key=_order)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop the message."""
    return [finding for finding in findings if finding.severity is Severity.BLOCKS]


def _findings(
    content: Content, profile: Profile, people: Sequence[Mapping[str, str]], now: datetime
) -> Iterator[Finding]:
    for rule in media.RULES:
        yield from rule(content, profile)
    yield from times.link_expiry(content, profile, now)
    if overloaded := texts.too_many_placeholders(content):
        yield overloaded
        return
    looked_at, stopped = 0, False
    for values in _distinct(content, people):
        length = content.filled_length(values)
        # Once something stops the message anyway, thousands of further texts would say nothing new.
        if stopped and looked_at > ENOUGH:
            return
        looked_at += min(length, LONGEST_FILLED)
        for finding in texts.of_one(content, values, length, profile):
            stopped = stopped or finding.severity is Severity.BLOCKS
            yield finding


def _distinct(content: Content, people: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """The values that make a difference to the texts, each combination once."""
    used, seen = content.placeholders(), set()
    for values in people:
        own = tuple((name, values[name]) for name in used if name in values)
        if own not in seen:
            seen.add(own)
            yield dict(own)


def _for_provider(finding: Finding, profile: Profile) -> Finding:
    kind = finding.pointer.rpartition("/")[2]
    code = profile.codes.get(f"{finding.code} {kind}") or profile.codes.get(finding.code)
    return replace(
        finding,
        providers=(profile.provider,),
        provider_codes={profile.provider: code} if code else {},
    )


def _merge(found: dict[tuple[str, str, str], Finding], new: Finding) -> None:
    key = (new.code, new.pointer, f"{new.severity} {new.limit}")
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
