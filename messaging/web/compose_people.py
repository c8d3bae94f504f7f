"""Whom the preview speaks to: a recipient that was typed, a row of the list, or nobody yet, with sample data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from messaging.addresses import readable
from messaging.content import LONGEST_FILLED, Content
from messaging.models import Draft
from messaging.orders import RecipientOrder
from messaging.web.compose_lists import Listed

# So many are offered by their numbers; of more, a person is found by the number of the row.
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Previewed:
    """Who is previewed: the place counted from 1 (0 for the texts as written), and the values that fill them.

    `most` is the last place that can be asked for; `sample` says that nobody is there and the values are made up.
    """

    place: int
    most: int
    number: str = ""
    values: dict[str, str] = field(default_factory=dict)
    sample: bool = False

    @property
    def shown(self) -> str:
        return readable(self.number)

    @property
    def by_row(self) -> bool:
        """Whether people are too many to be named one by one."""
        return self.most > MOST_NAMED


def previewed(
    draft: Draft, content: Content, recipients: Sequence[RecipientOrder], found: Listed | None, place: int
) -> Previewed:
    """Who stands at a place: those typed come first, then the rows of the list by their numbers. One query at most."""
    most = len(recipients) + (found.last if found else 0)
    if not most:
        return Previewed(min(place, 1), 1, values=_samples(draft, content) if place else {}, sample=bool(place))
    if not 0 < place <= most:
        return Previewed(0, most)
    if place <= len(recipients):
        person = recipients[place - 1]
        return Previewed(place, most, person.number, {**draft.substitutions, **person.substitutions})
    row = found.row(place - len(recipients)) if found else None
    if row is None:
        return Previewed(0, most)
    return Previewed(place, most, row.number, {**draft.substitutions, **row.values})


def fitting(content: Content, values: Mapping[str, str]) -> Mapping[str, str]:
    """The values, or none when the texts would become longer with them than any page or provider can take."""
    return values if content.filled_length(values) <= LONGEST_FILLED else {}


def _samples(draft: Draft, content: Content) -> dict[str, str]:
    """A value for every placeholder: the one for all, the template's sample, or the name itself in words."""
    known = draft.template.variables if draft.template else {}
    made = {name: known.get(name, {}).get("sample") or name.replace("_", " ") for name in content.placeholders()}
    return {**made, **draft.substitutions}
