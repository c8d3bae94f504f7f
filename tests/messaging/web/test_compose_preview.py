"""The fallback SMS as the composer shows it."""

from dataclasses import replace

import pytest

from messaging.content import FallbackSms
from messaging.gateway import registry
from messaging.sms import SAMPLE_LINK
from messaging.web.compose_preview import sms

SINCH, SKYCORE, TELESIGN = (registry.provider(name).profile for name in ("sinch", "skycore", "telesign"))


def text_of(shown) -> str:
    return "".join(run.text for run in shown.runs)


def test_values_are_filled_in() -> None:
    assert text_of(sms(FallbackSms("Hi $(name)"), SINCH, {"name": "Ann"})) == "Hi Ann"


def test_a_link_is_shown_and_counted_where_the_provider_adds_one() -> None:
    fallback = FallbackSms("a" * 111, link=True)
    shown = sms(fallback, SINCH, {})
    assert (shown.link, shown.cut.segments, shown.cut.over) == (SAMPLE_LINK, 2, 1)
    assert sms(replace(fallback, text="a" * 110), SINCH, {}).cut.segments == 1
    assert sms(fallback, TELESIGN, {}).link == ""
    assert sms(replace(fallback, disabled=True), SINCH, {}).link == ""


def test_plain_punctuation_is_offered_where_it_saves_segments() -> None:
    shown = sms(FallbackSms("“$(name)” " + "a" * 80), SINCH, {"name": "Ann"})
    assert (shown.cut.segments, shown.saved) == (2, 1)
    # The placeholder stays a placeholder.
    assert shown.plainer == '"$(name)" ' + "a" * 80


@pytest.mark.parametrize("text", ["", "Tulips", "“Tulips”", "ж" * 80])
def test_nothing_is_offered_that_saves_nothing(text: str) -> None:
    assert sms(FallbackSms(text), SINCH, {}).plainer == ""


def test_a_subject_stands_in_where_the_provider_sends_it() -> None:
    assert text_of(sms(FallbackSms(), SKYCORE, {}, "Spring offer")) == "Spring offer"
    assert text_of(sms(FallbackSms(), SINCH, {}, "Spring offer")) == ""
