"""How a content's texts turn out once each recipient's values are filled in, measured without filling them in.

First by bounds: a text is at most as long as with the longest value of every name. Single recipients are looked at only
where a text holds several names and its bound breaks a limit.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from messaging.content import PLACEHOLDER, Content
from messaging.slide_rules.summaries import MOST_ROWS, ODD

Column = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Text:
    """One text: what stands between its placeholders, and how often each name is used."""

    fixed: str
    uses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """What is known of one name over all recipients; for one who lacks it the placeholder stays as written.

    `longest` in characters, `heaviest` in bytes, `lacking` and the first `rows` of those, and how many values are
    `blank` or `odd` (hold control characters).
    """

    longest: int
    heaviest: int
    lacking: int = 0
    rows: tuple[int, ...] = ()
    blank: int = 0
    odd: int = 0


class Filled:
    """The texts of a content as `total` recipients get them.

    `spreads` tell about each name in use. `columns` hold each name's values in the order of the recipients, None for
    one who lacks it; without them (only a summary is known) bounds are all there is. `personal` says whether anybody
    has a value of their own among them.
    """

    def __init__(
        self,
        content: Content,
        spreads: Mapping[str, Spread],
        total: int,
        *,
        columns: Mapping[str, Column] | None,
        personal: bool,
    ) -> None:
        self.texts = {pointer: _taken_apart(text) for pointer, text in content.texts()}
        self.slides = tuple(pointer for pointer in self.texts if pointer.startswith("/slides/"))
        self.spreads, self.total, self.personal = spreads, total, personal
        self._columns = columns
        self._odd = {pointer: self._odd_in(text) for pointer, text in self.texts.items()}
        self._exact: dict[tuple[str, ...], int] = {}

    def length(self, *pointers: str, limit: int) -> int:
        """Characters of some texts together for whom they are longest.

        Exact when that is more than `limit` and the recipients are known; else possibly a bound.
        """
        return self._measured(pointers, len, "longest", limit)

    def weight(self, limit: int) -> int:
        """Bytes of all slides' texts together for whom they weigh most; exact as `length` is."""
        return self._measured(self.slides, weight, "heaviest", limit)

    def said(self, pointer: str) -> bool:
        """Whether somebody gets more than spaces in this text."""
        text = self.texts[pointer]
        return bool(text.fixed.strip()) or any(self.spreads[name].blank < self.total for name in text.uses)

    def blank(self, *pointers: str) -> bool:
        """Whether somebody gets nothing but spaces in all of these texts."""
        uses, fixed = self._together(pointers)
        if fixed.strip() or any(not self.spreads[name].blank for name in uses):
            return False
        if len(uses) < 2 or self._columns is None:
            return True
        rows = zip(*(self._columns[name] for name in uses), strict=True)
        return any(all(value is not None and not value.strip() for value in row) for row in rows)

    def values(self, pointer: str) -> Iterator[str]:
        """The text's fixed part, and each value known to go into it."""
        text = self.texts[pointer]
        yield text.fixed
        columns = self._columns or {}
        for name in text.uses:
            yield from filter(None, set(columns.get(name, ())))

    def odd(self, pointer: str) -> int:
        """How many control characters and direction marks the text has, or how many recipients bring some along."""
        return self._odd[pointer]

    def _odd_in(self, text: Text) -> int:
        return len(ODD.findall(text.fixed)) + max((self.spreads[name].odd for name in text.uses), default=0)

    def _measured(self, pointers: tuple[str, ...], measure: Callable[[str], int], most: str, limit: int) -> int:
        uses, fixed = self._together(pointers)
        bound = measure(fixed) + sum(count * getattr(self.spreads[name], most) for name, count in uses.items())
        # With one name in use somebody reaches the bound.
        if bound <= limit or len(uses) < 2 or self._columns is None:
            return int(bound)
        key = (most, *pointers)
        if key not in self._exact:
            self._exact[key] = measure(fixed) + _greatest(uses, self._columns, self.total, measure)
        return self._exact[key]

    def _together(self, pointers: Sequence[str]) -> tuple[Mapping[str, int], str]:
        if len(pointers) == 1:
            alone = self.texts[pointers[0]]
            return alone.uses, alone.fixed
        uses: dict[str, int] = {}
        fixed = []
        for text in map(self.texts.__getitem__, pointers):
            for name, count in text.uses.items():
                uses[name] = uses.get(name, 0) + count
            fixed.append(text.fixed)
        return uses, "".join(fixed)


def of_recipients(content: Content, shared: Mapping[str, str], recipients: Sequence[Mapping[str, str]]) -> Filled:
    """The texts as each of these recipients gets them; a recipient's own value wins over the shared one."""
    people: Sequence[Mapping[str, str]] = recipients or ({},)
    names = content.placeholders()
    columns = {name: [own.get(name, shared.get(name)) for own in people] for name in names}
    spreads = {name: _spread(name, column) for name, column in columns.items()}
    personal = any(name in own for own in people for name in names)
    return Filled(content, spreads, len(people), columns=columns, personal=personal)


def of_summary(
    content: Content, shared: Mapping[str, str], summary: Mapping[str, Mapping[str, Any]], total: int
) -> Filled:
    """The texts at their worst over `total` rows of which only a summary is known (`Summary.to_json`)."""
    names = content.placeholders()
    spreads = {name: _summed_up(name, shared.get(name), summary.get(name, {}), total) for name in names}
    return Filled(content, spreads, total, columns=None, personal=any(name in summary for name in names))


def weight(text: str) -> int:
    """Bytes of a text on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _taken_apart(text: str) -> Text:
    if "$(" not in text:
        return Text(text, {})
    return Text(PLACEHOLDER.sub("", text), Counter(PLACEHOLDER.findall(text)))


def _greatest(uses: Mapping[str, int], columns: Mapping[str, Column], total: int, measure: Callable[[str], int]) -> int:
    """The greatest measure of the values in use together, recipient by recipient."""
    sums = [0] * total
    for name, count in uses.items():
        known = {value: count * measure(f"$({name})" if value is None else value) for value in set(columns[name])}
        sums = [so_far + known[value] for so_far, value in zip(sums, columns[name], strict=True)]
    return max(sums, default=0)


def _spread(name: str, column: Column) -> Spread:
    values = set(column)
    lacks = None in values
    seen = [f"$({name})" if value is None else value for value in values]
    rows = [row for row, value in enumerate(column, start=1) if value is None] if lacks else []
    return Spread(
        longest=max(map(len, seen), default=0),
        heaviest=max(map(weight, seen), default=0),
        lacking=len(rows),
        rows=tuple(rows[:MOST_ROWS]),
        blank=_count(column, {value for value in values if value is not None and not value.strip()}),
        odd=_count(column, {value for value in values if value and ODD.search(value)}),
    )


def _count(column: Column, values: set[str]) -> int:
    return sum(value in values for value in column) if values else 0


def _summed_up(name: str, shared: str | None, known: Mapping[str, Any], total: int) -> Spread:
    """The spread of one name: what the rows hold, and for those that lack it the shared value, if there is one."""
    lacking = known.get("lacking", 0) if known else total
    filler = f"$({name})" if shared is None else shared
    seen = list(compress([known.get("longest", ""), filler], [bool(known), lacking]))
    return Spread(
        longest=max(map(len, seen), default=0),
        heaviest=max([known.get("bytes", 0), *map(weight, seen)]),
        lacking=lacking if shared is None else 0,
        rows=tuple(known.get("rows", ())) if shared is None else (),
        blank=known.get("blank", 0) + (lacking if not filler.strip() else 0),
        odd=known.get("odd", 0) + (lacking if ODD.search(filler) else 0),
    )
