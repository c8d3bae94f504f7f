"""What a mend is carried out by, beside the content itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from messaging.slide_rules import Profile


@dataclass(frozen=True, slots=True)
class Terms:
    """`now` is when the message goes out, `values` the longest value of each placeholder, `profiles` who carries it."""

    now: datetime
    values: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[Profile] = ()
