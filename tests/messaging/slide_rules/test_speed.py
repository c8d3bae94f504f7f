"""The rules answer while people type: in processor time, with room to spare, so that a busy machine is no fault."""

import time

from messaging.gateway import registry
from messaging.slide_rules import check
from tests.bench.rules import CONTENT, people


def processor_ms(recipients: list[dict[str, str]], times: int) -> float:
    """The best of some rounds, at all providers."""
    profiles = [registry.provider(name).profile for name in registry.names()]
    took = []
    for _time in range(times):
        began = time.process_time()
        check(CONTENT, profiles, recipients=recipients)
        took.append(time.process_time() - began)
    return min(took) * 1000


def test_one_message_takes_under_a_millisecond_a_provider() -> None:
    assert processor_ms(people(2)[1:], 30) / len(registry.names()) < 1


def test_a_thousand_recipients_of_nine_slides_are_checked_well_within_the_live_checks_time() -> None:
    assert processor_ms(people(1_000), 5) < 20


def test_looking_at_single_recipients_stays_within_the_live_checks_time_too() -> None:
    assert processor_ms(people(1_000, longest=4_000), 5) < 50
