"""Every sentence that people may see, with the places where it stands: Python, templates, and the tables of codes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.extract import extract_from_file
from django.conf import settings
from django.template import engines
from django.template.base import FilterExpression, Node, Template, Variable, VariableNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.functional import Promise
from django.utils.translation import override

from messaging import addresses, code_words, content, fitting, portal_codes, routing, statuses, timeline_words
from messaging.gateway import registry
from messaging.models import SCOPES
from mmsportal import naming

ROOMS = ("media", "messaging", "mmsportal")
KEYWORDS = {
    "_": None,
    "_lazy": None,
    "noop": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


class Found(NamedTuple):
    """One sentence: its singular and plural ("" for none), its context, and where it stands."""

    words: str
    plural: str
    context: str
    place: str


def collect() -> list[Found]:
    """Every sentence, in the order of the places."""
    return [*_python(), *_templates(), *_tables()]


def _python() -> Iterator[Found]:
    for file in sorted(path for room in ROOMS for path in (settings.BASE_DIR / room).rglob("*.py")):
        place = str(file.relative_to(settings.BASE_DIR))
        for line, said, _comments, context in extract_from_file("python", str(file), keywords=KEYWORDS):
            words, plural = (said, "") if isinstance(said, str) else (said[0], said[1])
            if words:
                yield Found(words, plural or "", context or "", f"{place}:{line}")


def _templates() -> Iterator[Found]:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    for file in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        place = str(file.relative_to(settings.BASE_DIR))
        for node in _nodes(engine.from_string(file.read_text())):
            yield from _said(node, place)


def _nodes(template: Template) -> Iterator[Node]:
    return iter(template.nodelist.get_nodes_by_type(Node))


def _said(node: Node, place: str) -> Iterator[Found]:
    where = f"{place}:{node.token.lineno}" if node.token else place
    if isinstance(node, TranslateNode):
        words = node.filter_expression.var
        if isinstance(words, Variable) and isinstance(words.literal, str):
            # Django looks up what {% translate %} is given with its percent signs doubled.
            yield Found(words.literal.replace("%", "%%"), "", _literal(node.message_context), where)
    elif isinstance(node, BlockTranslateNode):
        words, _names = node.render_token_list(node.singular)
        plural = node.render_token_list(node.plural)[0] if node.plural and node.countervar else ""
        if node.trimmed:
            words, plural = _trimmed(words), _trimmed(plural)
        yield Found(words, plural, _literal(node.message_context), where)
    for part in _expressions(node):
        yield from (Found(words, "", "", where) for words in _marked(part))


def _trimmed(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().splitlines())


def _expressions(node: Node) -> Iterator[FilterExpression]:
    if isinstance(node, VariableNode):
        yield node.filter_expression
    for value in vars(node).values():
        if isinstance(value, FilterExpression):
            yield value
        elif isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, FilterExpression))


def _marked(expression: FilterExpression) -> Iterator[str]:
    """The constants of an expression that are written _("...")."""
    given: list[Any] = [
        expression.var,
        *(argument for _filter, arguments in expression.filters for argument in arguments),
    ]
    for one in given:
        value = one[1] if isinstance(one, tuple) else one
        if isinstance(value, Promise):
            # It is wrapped for the reader's language already; in no language it says what was written.
            with override(None):
                words = str(value)
            yield words


def _literal(expression: FilterExpression | None) -> str:
    return str(expression.resolve({})) if expression else ""  # type: ignore[arg-type]


def _tables() -> Iterator[Found]:
    """Sentences that stand in tables of plain Python, to be translated where they are shown."""
    codes = {name: registry.provider(name).codes for name in registry.names()} | {"portal": portal_codes.CODES}
    for name, table in codes.items():
        yield from _each(f"codes/{name}", (text for row in table.values() for text in (row.meaning, row.next_step)))
    yield from _each("statuses", statuses.LABELS.values())
    yield from _each("timeline", (text for one in timeline_words.WORDS.values() for text in (one.title, one.text)))
    yield from _each("codes", (*code_words.RETRY_WORDS.values(), *code_words.DOES.values()))
    yield from _each("codes", (code_words.DEPENDS, code_words.PAUSES_SENDER))
    yield from _each("timeline", (*timeline_words.NEXT_STEPS.values(), timeline_words.GUESSED))
    yield from _each("scopes", SCOPES.values())
    yield from _each("addresses", addresses.WORDS.values())
    yield from _each("kinds of media", content.KINDS)
    yield from _each("models", (name for name in naming.names() if name[:1].isalpha()))
    yield from _accounts()
    profiles = [registry.provider(name).profile for name in registry.names()]
    yield from _each("senders", (routing.carried_senders(profile) for profile in profiles))


def _accounts() -> Iterator[Found]:
    """What the page of an account asks for, at each provider."""
    for name in registry.names():
        client = registry.provider(name).client
        yield from _each(f"accounts/{name}", (text for one in client.CREDENTIALS for text in (one.label, one.help)))
        yield from _each(f"accounts/{name}", (text for one in client.OPTIONS for text in (one.label, one.help)))
    yield from _each("accounts", (text for one in fitting.OPTIONS for text in (one.label, one.help)))


def _each(place: str, texts: Iterable[str | Promise]) -> Iterator[Found]:
    return (Found(text, "", "", place) for text in dict.fromkeys(str(text) for text in texts) if text)
