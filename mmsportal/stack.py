"""Room on the interpreter's stack.

CPython keeps its frames in pieces of 16 KB: it takes one from the system when a call does not fit in the last one, and
gives it back at that call's return. A page whose lines are drawn just at such an edge does so at every call: measured,
2,000 times for a list of 50 messages, a third of its time. A frame too big for such a piece gets a bigger one, and what
is left of that serves the calls that follow.
"""

from collections.abc import Callable
from types import FunctionType
from typing import ParamSpec, TypeVar, cast

# In words of eight bytes: too big for 128 KB, so that a half of 256 KB is left.
FRAME = 15_500

Given = ParamSpec("Given")
Result = TypeVar("Result")


def with_room(call: Callable[Given, Result]) -> Callable[Given, Result]:
    """The same call, made where the stack has room for all that it calls in turn."""

    def roomy(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return call(*args, **kwargs)

    function = cast(FunctionType, roomy)
    function.__code__ = function.__code__.replace(co_stacksize=FRAME)
    return roomy
