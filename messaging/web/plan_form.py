"""How a message is to be sent, as the composer's form posts it. Pure: no database, no request."""

import re

from django.utils.translation import gettext as _

from messaging.plans import FIRST, LATER, MARKETING, NOW, SECOND, TRANSACTIONAL, Plan
from messaging.web.posted import Fields, UnreadableForm

IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# "2026-11-22T09:00", and what somebody without the browser's own picker may type instead.
LONGEST_LOCAL, LONGEST_ZONE = 20, 60


def read_plan(fields: Fields) -> Plan:
    """Read the plan out of a posted composer form; one without it is the plan of an untouched draft.

    What is typed into a field is kept as typed, for `plans.timing` to judge. Raises UnreadableForm for what no page of
    ours sends: another choice than those offered, or a number that is none.
    """
    first = fields.get("canary_on", "") == "on"
    watched = first and fields.get("canary_watch", "") == "on"
    return Plan(
        purpose=_choice(fields, "purpose", (MARKETING, TRANSACTIONAL)),
        when=_choice(fields, "when", (NOW, LATER)),
        local=_typed(fields, "local", LONGEST_LOCAL),
        zone=_typed(fields, "zone", LONGEST_ZONE),
        turn=_choice(fields, "turn", ("", FIRST, SECOND)),
        valid_minutes=_number(fields, "valid"),
        canary=(_number(fields, "canary") or 0) if first else None,
        canary_minutes=(_number(fields, "canary_minutes") or 0) if watched else None,
        resend_of=_identity(fields),
    )


def _choice(fields: Fields, name: str, choices: tuple[str, ...]) -> str:
    value = str(fields.get(name, "")) or choices[0]
    if value not in choices:
        raise UnreadableForm(_("The field %(name)s has a value that this page does not offer.") % {"name": name})
    return value


def _typed(fields: Fields, name: str, longest: int) -> str:
    value = str(fields.get(name, "")).strip()
    return "".join(character for character in value if character.isprintable())[:longest]


def _number(fields: Fields, name: str) -> int | None:
    value = str(fields.get(name, ""))
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise UnreadableForm(_("The field %(name)s is not a whole number.") % {"name": name})
    return int(value)


def _identity(fields: Fields) -> str:
    value = str(fields.get("resend_of", ""))
    if value and not IDENTITY.fullmatch(value):
        raise UnreadableForm(_("The field %(name)s is not the id of anything.") % {"name": "resend_of"})
    return value
