"""Asking Telesign what became of a message (telesign.md, section 11)."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from messaging.gateway.codes import Where
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest
from messaging.gateway.errors import Unclear
from messaging.gateway.facts import Receipt
from messaging.providers.telesign.answers import UNREADABLE, code_of, refusal
from messaging.providers.telesign.client import PATH
from messaging.providers.telesign.codes import CODES
from messaging.providers.telesign.notifications import facts
from messaging.providers.telesign.signing import authorisation
from messaging.providers.telesign.wire import members

__all__ = ["AFTER", "UNTIL", "build_query", "read_query"]

# Asked sooner, the provider has nothing to say; later, it has forgotten.
AFTER = 300.0
UNTIL = 12 * 3600.0
FORGOTTEN = "-10004"


def build_query(account: Account, provider_ref: str, *, now: datetime) -> HttpRequest:
    """The question. Raises Misconfigured for credentials that cannot be used."""
    path = f"{PATH}/{quote(provider_ref, safe='')}"
    headers = authorisation(account, "GET", path, "", b"", now=now)
    return HttpRequest("GET", account.base_url.rstrip("/") + path, headers)


def read_query(answer: HttpAnswer) -> Sequence[Receipt]:
    """The answer, as the receipts a callback would have given; none when the provider has forgotten the message.

    Raises SendErrors as for a send.
    """
    code = code_of(answer)
    if code == FORGOTTEN:
        return ()
    if answer.status != 200 or ((Where.RECEIPT, code) not in CODES and (Where.ANSWER, code) in CODES):
        raise refusal(answer)
    try:
        return [fact for fact in facts(members(answer.body)) if isinstance(fact, Receipt)]
    except (KeyError, TypeError, ValueError) as error:
        raise Unclear(UNREADABLE, "The answer says nothing about the message.") from error
