"""Python's garbage collector, set for processes that live long and work in small steps."""

import gc
from time import monotonic

# Python looks each time 700 are new. A request or a message makes thousands of objects, hardly one of them in a circle:
# to look for those so often took a tenth of the time of accepting a message, and of sending one.
NEW_OBJECTS = 10_000
# What lived through a look or two is looked at again after so many more, not ten: circles found late are memory that
# each process holds for nothing, and looks are rare now.
LOOKS = 3
TIDY_SECONDS = 5.0


def spare() -> None:
    """Look for circles less often, and never at what is loaded by now: that stays. To be called once all is loaded."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, LOOKS, LOOKS)


def tidy() -> None:
    """Look at all that is not spared, every few seconds at most. For a pause between two pieces of work: what was left
    in circles, connections among it, is gone before others need as much."""
    global _tidied
    if monotonic() > _tidied + TIDY_SECONDS:
        gc.collect()
        _tidied = monotonic()


_tidied = 0.0
