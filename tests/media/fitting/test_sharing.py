"""One budget for several media: shared by need, kept to, and never larger than what was there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.fitting import Need, TooLittle, share

KB = 1000
NEEDS = st.builds(
    Need,
    st.sampled_from(["image", "animation", "video", "audio"]),
    st.integers(1, 30_000 * KB),
    st.one_of(st.none(), st.floats(0, 120)),
    st.one_of(st.none(), st.integers(1, 1000 * KB)),
)


@given(st.lists(NEEDS, min_size=1, max_size=9), st.integers(1, 2000 * KB))
def test_a_share_keeps_to_the_whole_and_to_every_bound(needs, whole):
    floors = sum(need.floor for need in needs)
    if floors > whole or any(need.floor > need.ceiling for need in needs):
        with pytest.raises(TooLittle) as little:
            share(needs, whole)
        assert little.value.needed == floors
        return

    shares = share(needs, whole)

    assert sum(shares) <= whole
    assert all(need.floor <= mine <= need.ceiling for need, mine in zip(needs, shares, strict=True))
    # Nothing is left over while somebody could use it.
    left = whole - sum(shares)
    assert left <= len(needs) + 1 or all(one == need.ceiling for one, need in zip(shares, needs, strict=True))


@given(st.lists(NEEDS, min_size=2, max_size=6), st.integers(50 * KB, 1000 * KB))
def test_nobody_has_more_quality_than_another_could_be_raised_to(needs, whole):
    try:
        shares = share(needs, whole)
    except TooLittle:
        return
    # Who stands below the best could only be raised if it is at its ceiling, or the best one at its floor.
    quality = [mine / need.want for need, mine in zip(needs, shares, strict=True)]
    for one, need, mine in zip(quality, needs, shares, strict=True):
        for best, rich, had in zip(quality, needs, shares, strict=True):
            if best > one + 1 / need.want + 1 / rich.want + 1e-6:
                assert mine == need.ceiling or had == rich.floor


def test_what_fits_is_left_alone():
    assert share([Need("image", 100 * KB), Need("audio", 50 * KB, 10)], 600 * KB) == [100 * KB, 50 * KB]


def test_a_small_picture_leaves_its_room_to_a_film():
    small, film = share([Need("image", 30 * KB), Need("video", 8000 * KB, 20)], 600 * KB)

    assert small == 30 * KB
    assert film == pytest.approx(570 * KB, abs=2)


def test_four_kinds_share_a_message():
    needs = [
        Need("image", 10_000 * KB),
        Need("animation", 6000 * KB),
        Need("video", 8000 * KB, 20),
        Need("audio", 5000 * KB, 60),
    ]
    shares = share(needs, 600 * KB)

    assert 599 * KB < sum(shares) <= 600 * KB
    assert shares[2] > shares[1] >= shares[3] > shares[0] > 50 * KB


def test_too_little_says_what_is_needed():
    with pytest.raises(TooLittle) as little:
        share([Need("video", 90_000 * KB, 300)], 600 * KB)

    assert little.value.needed == 1350 * KB
