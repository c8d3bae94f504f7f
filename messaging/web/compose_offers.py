"""The buttons beside a finding: the rules' own mends, and those that only the composer knows how to carry out."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.mending import CHANGES
from messaging.slide_rules import Finding, Mend, Severity
from messaging.web.compose_senders import Way

MOST_OFFERED = 3
# What this page does itself, beside the changes of a content.
OURS = frozenset({"choose_sender", "remove_recipients", "clear_schedule"})
# What only a person can: the button leads to the field.
THEIRS = frozenset({"give_value"})
# What takes longer than a click: the button opens a dialog.
DIALOGS = {"shrink_media": "fitting", "shrink_message": "fitting", "convert_media": "fitting", "write_alt": "describe"}
# What the page does with a door of its own.
PAGES = frozenset({"host_media"})
LEFT_OUT = {
    "number_not_valid": "error",
    "recipient_repeated": "repeated",
    "recipients_opted_out": "opted_out",
    "country_not_allowed": "abroad",
    "more_out_of_reach": "abroad",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: `key` finds the mend again when it is clicked, `gives` is the placeholder that lacks a value."""

    key: str
    label: str
    mend: Mend

    @property
    def gives(self) -> str:
        return str(self.mend.args["name"]) if self.mend.action == "give_value" else ""

    @property
    def here(self) -> bool:
        """Whether the page carries it out, not the server."""
        return self.mend.action in PAGES

    @property
    def opens(self) -> str:
        """The id of the dialog that does it; "" where a click is enough."""
        return DIALOGS.get(self.mend.action, "")


def offers(finding: Finding, ways: Sequence[Way]) -> tuple[Offer, ...]:
    """What can be clicked to do away with a finding, the best first."""
    mends = [mend for mend in finding.mends if mend.action in {*CHANGES, *THEIRS, *OURS, *DIALOGS, *PAGES}]
    mends = mends[: MOST_OFFERED - 1] + list(_recipients(finding)) + list(_senders(finding, ways))
    return tuple(_offer(finding, mend) for mend in mends[:MOST_OFFERED])


def way_offer(way: Way) -> Offer:
    """The button of the strip that chooses an account's sender."""
    label = _("Send from %(sender)s") % {"sender": way.sender}
    return Offer(way.key, label, Mend("choose_sender", "/from", label, {"sender": way.sender_id}))


def _offer(finding: Finding, mend: Mend) -> Offer:
    meant = [
        finding.code,
        finding.pointer,
        mend.action,
        mend.pointer,
        *sorted(f"{k}={v}" for k, v in mend.args.items()),
    ]
    key = hashlib.blake2s("|".join(meant).encode(), digest_size=8).hexdigest()
    return Offer(key, mend.said(_), mend)


def _recipients(finding: Finding) -> Iterator[Mend]:
    which = LEFT_OUT.get(finding.code)
    if which is None:
        return
    labels = {
        "error": _("Remove what is no number"),
        "repeated": _("Remove the repeats"),
        "opted_out": _("Remove who has opted out"),
        "abroad": _("Remove numbers out of reach"),
    }
    yield Mend("remove_recipients", "/to", labels[which], {"which": which})


def _senders(finding: Finding, ways: Sequence[Way]) -> Iterator[Mend]:
    """Another sender, where one takes the message and the finding is about what this one takes."""
    about_senders = bool(finding.providers) or finding.pointer.startswith(("/from", "/to/"))
    if not about_senders or finding.severity is not Severity.BLOCKS:
        return
    fitting = [way for way in ways if way.level != "err" and not way.carries]
    for way in sorted(fitting, key=lambda way: way.level != "ok")[:1]:
        label = _("Send from %(sender)s, %(account)s") % {"sender": way.sender, "account": way.account}
        yield Mend("choose_sender", "/from", label, {"sender": way.sender_id})
