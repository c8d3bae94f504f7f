"""What the rules cost: one message at all providers, and a long list of recipients beside one recipient."""

import statistics
import time
from collections.abc import Callable, Sequence

from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.slide_rules import Summary, check, check_summary

ROUNDS = 7
SLIDE = Slide(
    "Hello $(first), your order $(order) waits in $(area)",
    parts=(Part("image", url="https://media.example.org/a.jpg", mime_type="image/jpeg", size=80_000),),
)
CONTENT = Content("Bench", "Hello $(first)", (SLIDE,) * 9, FallbackSms("Hello $(first), $(area)"))


def people(count: int, *, longest: int = 40) -> list[dict[str, str]]:
    """Recipients of whom every one has values of other lengths."""
    return [{"first": "A" * (n % longest), "order": str(n), "area": "B" * (-n % longest)} for n in range(count)]


def measure(_place: object = None) -> list[dict[str, object]]:
    """One row for each measure: its name, value and unit, and how many times as long as the plain case it takes."""
    profiles = [registry.provider(name).profile for name in registry.names()]
    thousand, far = people(1_000), people(1_000, longest=4_000)
    summary = Summary()
    for row, values in enumerate(people(10_000), start=1):
        summary.add(row, values)
    known = summary.to_json()
    one = _milliseconds(lambda: check(CONTENT, profiles, recipients=thousand[1:2]), 50)
    return [
        _row("rules_one", one, 1.0, "one message of 9 slides, 4 providers"),
        _row("rules_1000", *_beside(lambda: check(CONTENT, profiles, recipients=thousand), one)),
        _row("rules_1000_over_limits", *_beside(lambda: check(CONTENT, profiles, recipients=far), one)),
        _row("rules_10000_summed_up", *_beside(lambda: check_summary(CONTENT, profiles, known, total=10_000), one)),
    ]


def _beside(work: Callable[[], object], one: float) -> tuple[float, float, str]:
    took = _milliseconds(work, 3)
    return took, took / one, "one recipient"


def _milliseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one piece of work: the median of some rounds."""
    rounds: Sequence[float] = [_once(work, times) for _round in range(ROUNDS)]
    return statistics.median(rounds) * 1000


def _once(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _time in range(times):
        work()
    return (time.process_time() - began) / times


def _row(name: str, value: float, ratio: float, against: str) -> dict[str, object]:
    return {"name": name, "value": round(value, 3), "unit": "ms", "ratio": round(ratio, 2), "against": against}
