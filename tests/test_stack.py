"""Room on the interpreter's stack: calls within it take no memory from the system, however deep they are made."""

import resource

from mmsportal.stack import with_room

DEEP, OFTEN = 200, 100


def faults(depth: int) -> int:
    """How many pages of memory the system gives while something is called often, so deep."""
    if depth:
        return faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _time in range(OFTEN):
        three_calls()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def three_calls() -> int:
    return (lambda: (lambda: 1)())()


def test_what_is_called_gets_what_was_given_and_its_result_comes_back() -> None:
    assert with_room(lambda one, *, two: (one, two))(1, two=2) == (1, 2)


def test_no_depth_is_at_an_edge() -> None:
    def worst() -> int:
        return max(faults(depth) for depth in range(DEEP))

    with_room(worst)()
    # At an edge each of the calls would cost one at least.
    assert with_room(worst)() < OFTEN
