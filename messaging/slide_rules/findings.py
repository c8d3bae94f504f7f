"""The answer's form: one finding, its severity, and the changes that would do away with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from media.words import Values as Values
from media.words import Word as Word
from media.words import fill as fill
from media.words import gettext_noop as gettext_noop


class Severity(StrEnum):
    """Whether a finding stops the message or only advises."""

    BLOCKS = "blocks"
    ADVISES = "advises"


@dataclass(frozen=True, slots=True)
class Mend:
    """A change that does away with a finding; `messaging.mending` carries it out.

    `action` names the kind of change, `pointer` where it is made (from the top of the REST request, as a finding's),
    `label` stands on its button, `args` are what the action needs to know (a limit, a kind, a sender). `words` are the
    label before `args` were filled in; "" where nobody translates it.

    What the args mean: `limit` is in characters, `most` in slides, `seconds` and `days` are what to set, `type` is the
    MIME type to make, `name` a placeholder's. `budget` is in bytes: of that one file for `shrink_media`, of all media
    together for `shrink_message` (the texts are taken off already).
    """

    action: str
    pointer: str
    label: str
    args: Mapping[str, int | str] = field(default_factory=dict)
    words: str = ""

    def said(self, translate: Callable[[str], str]) -> str:
        """The label in the reader's language."""
        return fill(self.words, self.args, translate) if self.words else self.label


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, or unwise, about a content.

    `pointer` is a JSON pointer into the REST request; `limit` and `actual` are in the unit the message names;
    `provider_codes` holds the code each provider would have answered with. `mends` are changes that do away with it,
    the best first. `words` and `fix_words` are `message` and `fix` before `values` were filled in, for translation; ""
    where a sentence was given as a whole.
    """

    code: str
    severity: Severity
    pointer: str
    message: str
    limit: int | None = None
    actual: int | None = None
    fix: str = ""
    providers: tuple[str, ...] = ()
    provider_codes: Mapping[str, str] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()
    words: str = ""
    values: Values = field(default_factory=dict)
    fix_words: str = ""

    def said(self, translate: Callable[[str], str]) -> str:
        """The message in the reader's language."""
        return fill(self.words, self.values, translate) if self.words else self.message

    def way_out(self, translate: Callable[[str], str]) -> str:
        """The fix in the reader's language."""
        return fill(self.fix_words, self.values, translate) if self.fix_words else self.fix


def finding(
    code: str,
    severity: Severity,
    pointer: str,
    words: str,
    values: Values | None = None,
    *,
    fix: str = "",
    limit: int | None = None,
    actual: int | None = None,
    mends: tuple[Mend, ...] = (),
) -> Finding:
    """A finding from sentences with {names} and the values that belong there."""
    values = values or {}
    return Finding(
        code,
        severity,
        pointer,
        fill(words, values),
        limit=limit,
        actual=actual,
        fix=fill(fix, values),
        mends=mends,
        words=words,
        values=values,
        fix_words=fix,
    )


def blocks(code: str, pointer: str, words: str, values: Values | None = None, **more: object) -> Finding:
    """A finding that stops the message; `pointer` is below /content, the rest is as `finding` takes it."""
    return finding(code, Severity.BLOCKS, f"/content{pointer}", words, values, **more)  # type: ignore[arg-type]


def advises(code: str, pointer: str, words: str, values: Values | None = None, **more: object) -> Finding:
    """A finding that only advises; `pointer` is below /content, the rest is as `finding` takes it."""
    return finding(code, Severity.ADVISES, f"/content{pointer}", words, values, **more)  # type: ignore[arg-type]


def mend(action: str, pointer: str, words: str, **args: int | str) -> Mend:
    """A change offered for what stands at `pointer` below /content; `words` may name the `args` as {name}."""
    return Mend(action, f"/content{pointer}", fill(words, args), args, words)
