"""What findings say: whole sentences for the API, their words and values for whoever translates them."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import messaging.slide_rules
from messaging.slide_rules import Finding, Mend
from messaging.slide_rules.findings import Word, blocks, fill, mend
from tests.messaging.slide_rules.table import RULES, Rule

MARKED = {"_"}
EACH = [pytest.param(rule, id=str(rule)) for rule in RULES if rule.cells]


def names(words: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(words) if name}


def marked() -> set[str]:
    """Every sentence that the sources mark for translation, as makemessages finds them."""
    found = set()
    for path in Path(messaging.slide_rules.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKED:
                found.add(ast.literal_eval(node.args[0]))
    return found


SENTENCES = marked()


def told(rule: Rule) -> list[Finding]:
    return [
        finding
        for provider, cell in rule.cells.items()
        for finding in rule.find(rule.profile(provider), cell.bad)
        if finding.code == rule.code
    ]


@pytest.mark.parametrize("rule", EACH)
def test_every_sentence_and_button_is_marked_for_translation(rule: Rule) -> None:
    for finding in told(rule):
        assert {finding.words, finding.fix_words} <= SENTENCES
        assert {one.words for one in finding.mends} <= SENTENCES
        assert {str(value) for value in finding.values.values() if isinstance(value, Word)} <= SENTENCES


@pytest.mark.parametrize("rule", EACH)
def test_every_name_in_a_sentence_has_its_value(rule: Rule) -> None:
    for finding in told(rule):
        assert names(finding.words) | names(finding.fix_words) <= set(finding.values)
        assert all(names(one.words) <= set(one.args) for one in finding.mends)
        assert not any(mark in finding.message + finding.fix for mark in "{}")


@pytest.mark.parametrize("rule", EACH)
def test_in_english_a_translation_says_what_the_finding_says(rule: Rule) -> None:
    for finding in told(rule):
        assert (finding.said(str), finding.way_out(str)) == (finding.message, finding.fix)
        assert all(one.said(str) == one.label for one in finding.mends)


def test_a_translation_may_turn_the_order_and_translates_words_among_the_values() -> None:
    french = {"{it} is {size} large.": "Taille {size} : {it}.", "the image": "l’image"}.get
    finding = blocks("x", "/slides", "{it} is {size} large.", {"it": Word("the image"), "size": "9 KB"})
    assert finding.message == "the image is 9 KB large."
    assert finding.said(lambda words: french(words, words)) == "Taille 9 KB : l’image."


@pytest.mark.parametrize("broken", ["Taille {taille}", "Taille {", "Taille {0}"])
def test_a_translation_with_other_names_is_passed_over(broken: str) -> None:
    assert fill("Size {size}", {"size": 3}, lambda _words: broken) == "Size 3"


def test_what_people_typed_is_never_taken_for_a_name() -> None:
    finding = blocks("x", "/slides", "{file} is large.", {"file": "{it}.png"})
    assert finding.said(str) == "{it}.png is large."
    assert fill("It holds {braces}", {}) == "It holds {braces}"


def test_a_sentence_given_as_a_whole_stays_as_it_is() -> None:
    finding = Finding("x", "blocks", "/to", "“{a}” is no number.", fix="Mend it.")  # type: ignore[arg-type]
    assert (finding.said(str.upper), finding.way_out(str.upper)) == ("“{a}” is no number.", "Mend it.")
    assert Mend("choose_sender", "/from", "Send from {x}").said(str.upper) == "Send from {x}"
    assert mend("shorten", "/subject", "To {limit}", limit=40) == Mend(
        "shorten", "/content/subject", "To 40", {"limit": 40}, "To {limit}"
    )
