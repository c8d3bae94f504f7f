"""A trial call to Telesign: asking about a message that never was sends nothing (telesign.md, section 11)."""

from dataclasses import replace
from datetime import datetime

from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, Trial, Verdict
from messaging.providers.telesign.answers import refusal
from messaging.providers.telesign.query import build_query

__all__ = ["build_probe", "read_probe"]

NEVER_SENT = "0" * 32
# No such message, or no such reference: the provider looked, so it knew who asked.
LOOKED = frozenset({"-10004", "3311"})
# The door was shut for other reasons: the server's address, or asking itself not being part of the contract.
SHUT = frozenset({"3206", "3409", "3413"})
UNTRIED = "Whether the sender may be used shows with the first message only."


def build_probe(account: Account, sender: str, *, now: datetime) -> HttpRequest:  # noqa: ARG001
    """The call. Raises Misconfigured for credentials that cannot be used."""
    return build_query(account, NEVER_SENT, now=now)


def read_probe(answer: HttpAnswer) -> Trial:
    """What its answer proves; nothing ever about the sender."""
    error = refusal(answer)
    trial = Trial(Verdict.UNKNOWN, Verdict.UNKNOWN, error.code, f"{error.text} {UNTRIED}".strip())
    if error.code in LOOKED:
        return replace(trial, credentials=Verdict.GOOD)
    refused = answer.status == 401 and error.code not in SHUT
    return replace(trial, credentials=Verdict.BAD) if refused else trial
