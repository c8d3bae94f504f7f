"""The fold: a status is a function of the set of facts."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.statuses import FINAL, LABELS, LOCAL, RANKS, SETTLED, Fact, Status, Via, fold

QUEUED = Fact(Status.QUEUED, key="queued:0")
SENDING = Fact(Status.SENDING, key="sending:1")
OURS = [QUEUED, SENDING]
EVIDENCE = st.builds(
    Fact,
    state=st.sampled_from([*RANKS, None]),
    via=st.sampled_from([None, Via.MMS, Via.SMS]),
    code=st.sampled_from(["", "7500", "7501", "7208", "7552", "7524"]),
    text=st.sampled_from(["", "a", "b"]),
    key=st.text("abc", max_size=2),
)


@settings(max_examples=10_000, deadline=None)
@given(st.lists(EVIDENCE, max_size=6), st.randoms(use_true_random=False), st.integers(1, 3))
def test_permutations_and_repeats_of_receipts_give_one_status(receipts: list[Fact], chance: random.Random, times: int):
    shuffled = receipts * times
    chance.shuffle(shuffled)

    assert fold([*OURS, *shuffled]) == fold([*OURS, *receipts])


@settings(deadline=None)
@given(st.lists(EVIDENCE, max_size=6), st.integers(0, 2))
def test_our_own_steps_may_stand_anywhere_among_the_receipts(receipts: list[Fact], at: int):
    assert fold([*receipts[:at], *OURS, *receipts[at:]]).status == fold([*OURS, *receipts]).status


def test_every_order_of_a_contradicting_life_ends_delivered_and_flagged():
    life = [Fact(Status(state), code=state) for state in ("accepted", "submitted", "delivered", "failed", "expired")]

    ends = {(fold([*OURS, *order]).status, fold([*OURS, *order]).conflict) for order in permutations(life)}

    assert ends == {(Status.DELIVERED, True)}


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], Status.SENDING),
        (["accepted"], Status.ACCEPTED),
        (["unknown"], Status.UNKNOWN),
        (["unknown", "submitted"], Status.SUBMITTED),
        (["expired", "delivered"], Status.DELIVERED),
        (["failed", "delivered"], Status.DELIVERED),
        (["delivered", "failed"], Status.DELIVERED),
        (["unconfirmed", "delivered"], Status.DELIVERED),
        (["read"], Status.READ),
        (["read", "delivered"], Status.READ),
        (["submitted", "failed"], Status.FAILED),
        (["failed", "submitted"], Status.FAILED),
    ],
)
def test_a_higher_rank_wins_whenever_it_comes(states: list[str], status: Status):
    assert fold([*OURS, *(Fact(Status(state)) for state in states)]).status is status


def test_the_last_own_step_counts_while_there_is_no_evidence():
    assert fold([QUEUED, SENDING, Fact(Status.QUEUED, key="retry:1")]).status is Status.QUEUED


def test_what_was_withdrawn_stays_withdrawn_and_contradiction_is_flagged():
    result = fold([QUEUED, Fact(Status.CANCELLED), Fact(Status.DELIVERED)])

    assert (result.status, result.conflict) == (Status.CANCELLED, True)


def test_a_delivery_as_sms_is_told_apart():
    assert fold([*OURS, Fact(Status.DELIVERED, via=Via.SMS), Fact(Status.DELIVERED)]).via is Via.SMS


def test_every_status_is_local_or_ranked_and_has_a_label():
    assert LOCAL | RANKS.keys() == set(Status) == set(LABELS)
    assert FINAL <= SETTLED
