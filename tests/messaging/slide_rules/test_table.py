"""Every rule at all four providers: what just breaks it, what just keeps it, and the provider's own code."""

import re
from pathlib import Path

import pytest

import messaging.slide_rules
from messaging.gateway import registry
from messaging.slide_rules import Finding, Severity, blocking
from messaging.slide_rules.orders import CAMPAIGN
from messaging.slide_rules.texts import LONG, TOO_LONG
from tests.messaging.slide_rules.table import PROVIDERS, RULES, Rule

NAMES = re.compile(r'"([a-z]+(?:_[a-z]+)+)"')
ACTIONS = re.compile(r'[mM]end\("([a-z_]+)"')
# The rule about senders needs one that is stored: tests/messaging/test_routing.py holds it to its codes.
ELSEWHERE = {"sender_kind_not_carried"}
EACH = [pytest.param(rule, id=str(rule)) for rule in RULES]


def found(rule: Rule, provider: str, value: object) -> list[Finding]:
    said = rule.find(rule.profile(provider), value)
    return [one for one in said if (one.code, one.pointer) == (rule.code, rule.pointer)]


def test_the_table_has_a_column_for_every_provider() -> None:
    assert set(PROVIDERS) == set(registry.names())


@pytest.mark.parametrize("rule", EACH)
def test_a_rule_holds_at_its_limit_and_names_the_providers_code(rule: Rule) -> None:
    for provider, cell in rule.cells.items():
        [finding] = found(rule, provider, cell.bad)
        assert finding.severity is cell.severity
        assert finding.providers == (() if rule.general else (provider,))
        assert finding.provider_codes == ({provider: cell.code} if cell.code else {})
        assert finding.message
        assert finding.fix


@pytest.mark.parametrize("rule", EACH)
def test_what_keeps_a_rule_earns_nothing_and_may_go(rule: Rule) -> None:
    for provider, cell in rule.cells.items():
        assert found(rule, provider, cell.good) == []
        if cell.severity is Severity.BLOCKS:
            against = blocking(rule.find(rule.profile(provider), cell.good))
            assert [(one.providers, one.code, one.pointer) for one in against] == []


@pytest.mark.parametrize("rule", EACH)
def test_a_provider_without_a_rule_never_tells_of_it(rule: Rule) -> None:
    for provider in set(PROVIDERS) - set(rule.cells):
        for cell in rule.cells.values():
            assert (provider, found(rule, provider, cell.bad)) == (provider, [])


def test_no_rule_is_missing_from_the_table() -> None:
    home = Path(messaging.slide_rules.__file__).parent
    source = "".join(path.read_text() for path in home.glob("*.py") if path.name != "__init__.py")
    named = set(NAMES.findall(source)) - set(ACTIONS.findall(source)) - {CAMPAIGN}
    lengths = {f"{what}_too_long" for what in TOO_LONG} | {f"{what}_long" for what in LONG}
    assert {rule.code for rule in RULES} == named | lengths


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_code_that_a_profile_names_is_earned_in_the_table(provider: str) -> None:
    told = {code for rule in RULES if (cell := rule.cells.get(provider)) for code in (cell.code, rule.code)}
    for name, code in registry.provider(provider).profile.codes.items():
        assert name in ELSEWHERE or (code in told and name.split()[0] in told), name
