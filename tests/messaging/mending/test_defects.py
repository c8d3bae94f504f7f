"""Every defective message is caught, at the right place, and the mend that is offered does away with the fault."""

from datetime import UTC, datetime

import pytest

from messaging.gateway import registry
from messaging.mending import CHANGES, Terms, mended
from messaging.slide_rules import Finding, Profile, blocking, check
from messaging.web.recipients import read_recipients
from tests.messaging.defects import DEFECTS, GOOD, Defect

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OF_CONTENT = [defect for defect in DEFECTS if defect.of_content]
MENDED = [defect for defect in OF_CONTENT if defect.click in CHANGES]


def found(defect: Defect, content=None) -> list[Finding]:
    values = [entry.values for entry in read_recipients(defect.recipients)]
    content = content or defect.content
    return check(content, [profile(defect)], shared=defect.values, recipients=values, now=NOW)


def longest(defect: Defect) -> dict[str, str]:
    values: dict[str, str] = {}
    for entry in read_recipients(defect.recipients):
        values |= {name: max(value, values.get(name, ""), key=len) for name, value in entry.values.items()}
    return values


def profile(defect: Defect) -> Profile:
    return registry.provider(defect.provider).profile


def test_there_are_enough_of_them():
    assert len(DEFECTS) >= 40
    assert len([defect for defect in DEFECTS if defect.click]) >= 30
    assert {defect.provider for defect in DEFECTS} >= set(registry.names())


@pytest.mark.parametrize("provider", ["webex", "sinch", "skycore"])
def test_what_the_defects_are_made_of_is_sound(provider):
    assert not blocking(check(GOOD, [registry.provider(provider).profile]))


@pytest.mark.parametrize("defect", OF_CONTENT, ids=str)
def test_it_is_caught_where_it_is(defect):
    assert (defect.code, defect.pointer) in {(one.code, one.pointer) for one in blocking(found(defect))}


@pytest.mark.parametrize("defect", MENDED, ids=str)
def test_the_mend_leaves_a_message_that_fits(defect):
    finding = next(one for one in blocking(found(defect)) if one.code == defect.code)
    mend = next(mend for mend in finding.mends if mend.action == defect.click)

    content = mended(defect.content, mend, Terms(NOW, longest(defect), [profile(defect)]))

    assert blocking(found(defect, content)) == []
