"""One claimed transaction -> the request that will carry it, and that request without its secrets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, quote_plus
from uuid import UUID
from xml.sax.saxutils import escape

from messaging import attached
from messaging.content import Content
from messaging.gateway.contract import Account, HttpAnswer, HttpRequest, OutboundMessage, Provider
from messaging.gateway.errors import Refused
from messaging.models import Message, Transaction
from messaging.slide_rules import Finding, Profile, blocking, check, orders

LONGEST_BODY = 8000


@dataclass(frozen=True, slots=True)
class Wording:
    """What is known of a message before any one recipient's values are filled in.

    `frozen` is its content as accepted, with the addresses where the account fetches its files; `everybodys` what all
    recipients get alike, None where they get texts of their own; `passed` whether the rules were asked about all of
    these recipients already.
    """

    frozen: Content
    everybodys: Content | None = None
    passed: bool = False


def render(transaction: Transaction, account: Account, provider: Provider, *, now: datetime) -> HttpRequest:
    """The request for one transaction, as `outbound` has it. Raises SendErrors as that and `Client.build` do."""
    return provider.client.build(account, outbound(transaction, provider, now=now), now=now)


def wording(
    message: Message, rows: Sequence[Transaction], profile: Profile, addresses: Mapping[str, str] | None = None
) -> Wording:
    """What `outbound` would do for each of these recipients of a message again, done once: the look at the rules.

    Where a rule speaks against any of them, each must be looked at alone. `addresses` say where this account fetches
    each file, by its id, instead of where anybody does.
    """
    frozen = message.frozen
    values = [row.substitutions for row in rows]
    passed = not blocking(check(frozen, [profile], shared=message.substitutions, recipients=values))
    hosted = attached.hosted_at(frozen, addresses or {})
    return Wording(hosted, hosted if passed and not frozen.placeholders() else None, passed)


def outbound(
    transaction: Transaction, provider: Provider, *, now: datetime, worded: Wording | None = None
) -> OutboundMessage:
    """What one transaction says, after the sender's last look at the rules.

    `transaction` must come with its message and sender; `worded` is what `wording` has found for some of its message's
    recipients together. Raises Refused for content that breaks a rule by now or that the provider's dialect cannot
    express, Misconfigured for credentials that cannot be used.
    """
    message = transaction.message
    profile = provider.profile_for(transaction.sender.account.options)
    worded = worded or wording(message, [transaction], profile)
    content = worded.everybodys
    if content is None:
        content = worded.frozen.substituted({**message.substitutions, **transaction.substitutions})
    if not worded.passed:
        _look(check(content, [profile]))
    _look(orders.reference(profile, transaction.client_ref))
    return OutboundMessage(
        client_ref=transaction.client_ref,
        sender=transaction.sender.address,
        recipient=transaction.recipient,
        content=content,
        substitutions=transaction.substitutions,
        shared_substitutions=message.substitutions,
        callback_data=message.callback_data,
        validity=max(1, int((message.expire_at - now).total_seconds())) if message.expire_at else None,
        purpose=message.purpose,
        recipients=message.total,
        personal=provider.saving is not None and _personal(message.pk, worded.frozen),
    )


def _look(findings: Iterable[Finding]) -> None:
    if wrong := blocking(findings):
        raise Refused(wrong[0].code, wrong[0].message)


def _personal(message: UUID, frozen: Content) -> bool:
    """Whether people get different texts: a value of their own stands in what is sent."""
    names = tuple(sorted(frozen.placeholders()))
    return bool(names) and _any_has(message, names)


@lru_cache(maxsize=1024)
def _any_has(message: UUID, names: tuple[str, ...]) -> bool:
    # Asked once for each message: what was accepted does not change.
    return Transaction.objects.filter(message=message, substitutions__has_any_keys=list(names)).exists()


def redacted(request: HttpRequest, account: Account, transaction: Transaction) -> dict[str, str]:
    """A request fit to be kept: nothing in it that `hidden` hides."""
    body = request.body.decode("utf-8", "replace").replace("\x00", "")
    return {
        "method": request.method,
        # Hidden before it is cut: a secret across the cut would leave its first half behind.
        "url": hidden(request.url, account, transaction)[:LONGEST_BODY],
        "body": hidden(body, account, transaction)[:LONGEST_BODY],
    }


def redacted_answer(answer: HttpAnswer, account: Account, transaction: Transaction) -> HttpAnswer:
    """An answer fit to be kept: providers like to repeat what they refuse."""
    body = hidden(answer.body.decode("utf-8", "replace"), account, transaction)
    return replace(answer, body=body[:LONGEST_BODY].encode())


def hidden(text: str, account: Account, transaction: Transaction) -> str:
    """A text without credentials, the webhook's secret and the recipient's number."""
    for secret in _spelled((*account.credentials.values(), account.webhook_url.rpartition("/")[2])):
        text = text.replace(secret, "***")
    number = transaction.recipient.lstrip("+")
    return text.replace(number, f"***{number[-4:]}")


@lru_cache(maxsize=64)
def _spelled(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets in every form that they are written in, the longest first."""
    spelled = {form for secret in secrets if len(secret) > 3 for form in _spellings(secret)}
    return tuple(sorted(spelled, key=len, reverse=True))


def _spellings(secret: str) -> set[str]:
    """A secret as it stands in a header, in XML, and either of them in a form or an address."""
    plain = {secret, escape(secret)}
    return plain | {quote_plus(one) for one in plain} | {quote(one, safe="") for one in plain}
