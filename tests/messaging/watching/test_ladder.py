from collections import Counter
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.watching.ladder import EDGES, percentile, step_of


@given(st.lists(st.floats(0.0201, 100_000), min_size=1, max_size=200), st.sampled_from([50, 90, 95, 99]))
def test_a_percentile_lies_within_a_step_of_the_true_one(durations, percent):
    found = percentile(Counter(map(step_of, durations)), percent)
    ordered = sorted(durations)
    true = ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
    assert found is not None
    assert true / 1.5001 <= found <= true * 1.5001


def test_nothing_has_no_percentile():
    assert percentile({}, 50) is None


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 10_000_000.0])
def test_what_is_beyond_the_ladder_is_on_its_ends(seconds):
    assert step_of(seconds) in {0, len(EDGES)}
    assert percentile({step_of(seconds): 1}, 50) is not None


def test_a_known_sample():
    durations = [0.1 * n for n in range(1, 101)]
    found = percentile(Counter(map(step_of, durations)), 95)
    assert found == pytest.approx(quantiles(durations, n=100)[94], rel=0.25)
