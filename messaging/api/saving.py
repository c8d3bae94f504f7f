"""A template that an integration wants to save: read, its files made ours, and shown to the rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from messaging import attached
from messaging.api import shapes
from messaging.api.errors import Problem, fault
from messaging.api.fields import Fields
from messaging.api.files import with_files
from messaging.api.parsing import step
from messaging.api.reading import read_content
from messaging.composing import ComposeError, resolve
from messaging.content import Content
from messaging.gateway import registry
from messaging.models import ApiKey, Sender, Template
from messaging.slide_rules import Finding, blocking, each, merged
from messaging.templates import (
    LONGEST_ABOUT,
    LONGEST_NAME,
    LONGEST_SAMPLE,
    MOST_VARIABLES,
    NAME,
    template_content,
)

KNOWN = ("name", "content", "variables")
LONGEST_SLIDE = 60
POINTERS = {
    "template_name": "/name",
    "template_name_taken": "/name",
    "subject_too_long": "/content/subject",
}


@dataclass(frozen=True, slots=True)
class Saving:
    """A template as it was asked for. `variables` of None stay as they are; `version` is 0 for a new one."""

    name: str
    content: Content
    variables: Mapping[str, Mapping[str, str]] | None
    version: int


def read_saving(body: Mapping[str, Any], *, now: datetime, changing: bool) -> Saving:
    """Raises Problem 400 with every fault found. With `changing` the version it was made from is needed."""
    faults: list[dict[str, Any]] = []
    fields = Fields(body, known=(*KNOWN, "version") if changing else KNOWN, pointer="", faults=faults)
    if not fields.given("content"):
        fields.note("content", "missing", "“content” is needed.", fix="Give it as in a message.")
    saving = Saving(
        name=fields.text("name", longest=LONGEST_NAME, required=True),
        content=(read_content(fields, now) if fields.given("content") else None) or Content(),
        variables=_variables(fields),
        version=(fields.whole("version", lowest=1, highest=2**31) or 0) if changing else 0,
    )
    if changing and not fields.given("version"):
        fields.note("version", "missing", "“version” is needed.", fix="Give the version that this was made from.")
    faults += [*_durations(saving.content), *_link_expiry(saving.content)]
    if faults:
        raise Problem(400, errors=faults)
    return saving


def _durations(content: Content) -> Iterator[dict[str, Any]]:
    """A template keeps a slide's time within what every provider takes."""
    for index, slide in enumerate(content.slides):
        if not 1 <= slide.duration <= LONGEST_SLIDE:
            message = f"{slide.duration} seconds; a slide stays from 1 to {LONGEST_SLIDE}."
            limit = 1 if slide.duration < 1 else LONGEST_SLIDE
            pointer = f"/content/slides/{index}/duration"
            yield fault(pointer, "out_of_range", message, limit=limit, actual=slide.duration, fix="Change it.")


def _link_expiry(content: Content) -> Iterator[dict[str, Any]]:
    """A moment is the message's own: a template may be sent long after it."""
    if content.fallback.link_expires_at:
        message, fix = "A template keeps no moment at which its link expires.", "Leave it out."
        yield fault("/content/fallback/link_expires_at", "not_kept", message, fix=fix)


def with_own_files(saving: Saving, key: ApiKey, template: Template | None) -> Saving:
    """The same with files of ours in the place of addresses. Raises Problem 422 for a file that is not this key's,
    unless the template has it already.

    Fetches addresses of the callers', so no database transaction may be open.
    """
    held = {str(file) for file in attached.files(template_content(template))} if template else set()
    kept = {f"/content{where}" for where, part in saving.content.parts() if part.asset in held}
    _content, findings = resolve(saving.content, owner=key.owner_label)
    foreign = [one for one in findings if one.code != "asset_unknown" or one.pointer not in kept]
    if foreign:
        raise Problem(422, "template_refused", "Not saved.", errors=[shapes.finding(one) for one in foreign])
    content, _noted = with_files(saving.content, key.owner_label, ())
    return replace(saving, content=content)


def examined(saving: Saving, key: ApiKey) -> dict[str, Any]:
    """What each provider of the key's senders would make of it, with the examples filled in. Four queries."""
    content, wrong = resolve(saving.content)
    names = _providers(key)
    samples = {name: about["sample"] for name, about in (saving.variables or {}).items() if about.get("sample")}
    said = each(content, [registry.provider(name).profile for name in names], shared=samples)
    fits = [{"provider": name, "ok": not blocking([*wrong, *one])} for name, one in zip(names, said, strict=True)]
    findings: list[Finding] = [*wrong, *merged(chain.from_iterable(said))]
    return {
        "ok": any(fit["ok"] for fit in fits),
        "fits": fits,
        "findings": [shapes.finding(one) for one in findings],
    }


def refused(error: ComposeError) -> Problem:
    """What the templates themselves refuse, as a problem."""
    pointer = POINTERS.get(error.code, "/variables" if error.code.startswith("variable") else "/content")
    fix = "Choose another name." if pointer == "/name" else "Change this and save again."
    status = 409 if error.code == "template_name_taken" else 422
    return Problem(status, error.code, error.message, errors=[fault(pointer, error.code, error.message, fix=fix)])


def _providers(key: ApiKey) -> list[str]:
    used = Sender.objects.for_key(key).served().order_by().values_list("account__provider", flat=True).distinct()
    return sorted(used) or list(registry.names())


def _variables(fields: Fields) -> Mapping[str, Mapping[str, str]] | None:
    value = fields.members.get("variables")
    if value is None:
        return None
    if not isinstance(value, dict):
        fields.note("variables", "wrong_type", "An object is expected here.", fix='Write {"area": {"sample": "EC1M"}}.')
        return None
    if len(value) > MOST_VARIABLES:
        message = f"{len(value)} variables; a template has at most {MOST_VARIABLES}."
        fields.note("variables", "variables_too_many", message, limit=MOST_VARIABLES, actual=len(value))
        return None
    return {name: _variable(fields, name, about) for name, about in value.items()}


def _variable(fields: Fields, name: str, about: Any) -> dict[str, str]:
    pointer = step("/variables", name)
    if not NAME.fullmatch(name):
        message = f"“{name[:40]}” cannot be a placeholder."
        fields.faults.append(fault(pointer, "variable_name", message, fix="Use letters, digits and _."))
        return {}
    if not isinstance(about, dict):
        fields.faults.append(fault(pointer, "wrong_type", "An object is expected here.", fix='Write {"sample": "x"}.'))
        return {}
    inner = Fields(about, known=("sample", "about"), pointer=pointer, faults=fields.faults)
    read = {
        "sample": inner.text("sample", longest=LONGEST_SAMPLE),
        "about": inner.text("about", longest=LONGEST_ABOUT),
    }
    return {member: text for member, text in read.items() if text}
