"""What the rules need to know of thousands of recipients' values, gathered while their rows go by."""

import re
from collections.abc import Mapping
from typing import Any

# How many of the rows that lack a value are named.
MOST_ROWS = 5
# Control characters, and the marks that turn the direction of what follows: neither belongs on one plain line.
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a\u202b\u202d\u202e\u2066-\u2068\ud800-\udfff\ufffe\uffff]")


class Summary:
    """Of each value's name, the extremes over all rows.

    `to_json` gives what `RecipientList.summary` keeps and `check_summary` takes:

        {"area": {"longest": "EC1M 4BH", "bytes": 8, "lacking": 3, "rows": [7, 12, 40], "blank": 0, "odd": 0}}

    `longest` is the longest text in characters, `bytes` the length in UTF-8 of the heaviest, `lacking` how many rows
    have no such value and `rows` the numbers of the first five of them, `blank` how many have one of nothing but
    spaces, `odd` how many have one with control characters. Only `longest` must be there; `bytes` is then its own
    length, everything else nought. A name that no row has is not there.
    """

    def __init__(self) -> None:
        self.total = 0
        self._first: list[int] = []
        self._names: dict[str, dict[str, Any]] = {}

    def add(self, row: int, values: Mapping[str, str]) -> None:
        """Take in the values of one row; `row` is its number as people know it."""
        for name, value in values.items():
            known = self._names.setdefault(name, self._fresh())
            if len(value) > len(known["longest"]):
                known["longest"] = value
            known["bytes"] = max(known["bytes"], len(value.encode("utf-8", "surrogatepass")))
            known["blank"] += not value.strip()
            known["odd"] += bool(ODD.search(value))
        for name in self._names.keys() - values.keys():
            known = self._names[name]
            known["lacking"] += 1
            if len(known["rows"]) < MOST_ROWS:
                known["rows"].append(row)
        self.total += 1
        if len(self._first) < MOST_ROWS:
            self._first.append(row)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The form that is stored."""
        return {name: dict(known) for name, known in self._names.items()}

    def _fresh(self) -> dict[str, Any]:
        # All rows that went by before lack it.
        return {"longest": "", "bytes": 0, "lacking": self.total, "rows": list(self._first), "blank": 0, "odd": 0}
