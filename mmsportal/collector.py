"""Python's garbage collector, set for processes that live long and work in small steps."""

import gc

# Python looks each time 700 are new. A request or a message makes thousands of objects, hardly one of them in a circle:
# to look for those so often took a tenth of the time of accepting a message, and of sending one.
NEW_OBJECTS = 10_000


def spare() -> None:
    """Look for circles less often, and never at what is loaded by now: that stays. To be called once all is loaded."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
