"""The placeholders that somebody has no value for."""

from collections.abc import Iterator

from messaging.content import Content
from messaging.slide_rules.filled import Filled
from messaging.slide_rules.findings import Finding, blocks, mend
from messaging.slide_rules.findings import gettext_noop as _


def unfilled(content: Content, filled: Filled) -> Iterator[Finding]:
    """One finding for each name that recipients lack, with the first of them; they count from 1."""
    for name, pointer in content.placeholders().items():
        spread = filled.spreads[name]
        if not spread.lacking:
            continue
        more = " …" if spread.lacking > len(spread.rows) else ""
        values = {"name": name, "rows": ", ".join(map(str, spread.rows)) + more}
        everybody = spread.lacking >= filled.total
        yield blocks(
            "substitution_missing",
            pointer,
            _("$({name}) has no value for any recipient.")
            if everybody
            else _("$({name}) has no value for recipient {rows}."),
            values,
            actual=spread.lacking,
            fix=_("Give {name} a value, or remove $({name}) from the text."),
            mends=(
                mend("give_value", pointer, _("Give {name} a value"), name=name),
                mend("drop_placeholder", pointer, _("Remove $({name})"), name=name),
            ),
        )
