"""Whether an account works: credentials, senders, receipts and media, tried without messaging anyone.

Credentials and senders go through the provider's own trial call (gateway contract, `Probe`), which can never reach a
handset. The addresses the provider will call are called from here, and judged by whether a provider could.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.db.transaction import atomic

from media import storage
from media.models import Asset
from messaging import reachability
from messaging.addresses import masked_in
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where
from messaging.gateway.contract import Account, Provider, Trial, Verdict
from messaging.gateway.errors import Misconfigured, SendError
from messaging.gateway.http import Line
from messaging.meanings import explain
from messaging.models import ProviderAccount, Sender
from messaging.models.sealing import SealBroken
from messaging.reachability import Health, HealthFinding, Place

__all__ = ["Health", "HealthFinding", "test"]

logger = logging.getLogger(__name__)
MOST_SENDERS = 5
# Somebody waits for the page: a provider that needs longer is told apart by its silence.
LONGEST_CALL = 10.0


@dataclass(frozen=True, slots=True)
class _Tried:
    """One trial call: what it proved, or why it could not be made (`made`) or was not answered."""

    sender: str
    trial: Trial | None = None
    error: SendError | None = None
    made: bool = True


def test(account: ProviderAccount, *, now: datetime) -> list[HealthFinding]:
    """Try an account and keep what was found on its row.

    Takes some twenty seconds at worst. Raises RuntimeError inside a transaction: none may stay open that long.
    """
    with atomic(durable=True):
        senders = list(account.senders.filter(mms_enabled=True).order_by("created_at", "pk"))
        places = _places(account, now)
    try:
        opened = account.opened()
    except SealBroken:
        opened = None
    if account.provider not in registry.names():
        found = [HealthFinding("Provider", Health.BAD, "This portal has no adapter for the provider any more.")]
    elif opened is None:
        found = [
            HealthFinding(
                "Credentials",
                Health.BAD,
                "The stored credentials cannot be opened with any of CREDENTIALS_KEYS.",
                "Type them in again.",
            )
        ]
    else:
        found = _tried(opened, senders, now)
    with asyncio.Runner() as runner:
        found += runner.run(reachability.reach(places))
    kept = [asdict(finding) for finding in found]
    ProviderAccount.objects.filter(pk=account.pk).update(tested_at=now, test_findings=kept)
    return found


def _places(account: ProviderAccount, now: datetime) -> list[Place]:
    """What the provider will call: the door for receipts, and a file."""
    webhook = Place("Receipts", account.webhook_url, "PUBLIC_BASE_URL", closed=bool(account.source_cidrs))
    asset = Asset.objects.usable().filter(Q(expires_at=None) | Q(expires_at__gt=now)).first()
    if asset is None:
        return [webhook, Place("Media", f"{settings.MEDIA_PUBLIC_BASE_URL}/healthz", "MEDIA_PUBLIC_BASE_URL")]
    media = Place(
        "Media", storage.public_url(asset), "MEDIA_PUBLIC_BASE_URL", mime_type=asset.mime_type, size=asset.size
    )
    return [webhook, media]


def _tried(account: Account, senders: Sequence[Sender], now: datetime) -> list[HealthFinding]:
    provider = registry.provider(account.provider)
    if provider.probe is None:
        text = f"{provider.profile.label} offers no call that could be tried without sending a message."
        return [HealthFinding("Credentials", Health.UNKNOWN, text, "Send a message to a phone of your own.")]
    addresses = [sender.address for sender in senders[:MOST_SENDERS]]
    with asyncio.Runner() as runner:
        tried = runner.run(_call(provider, account, addresses or [""], now))
    return [_credentials(account, tried), *_senders(account, tried, len(senders))]


async def _call(provider: Provider, account: Account, senders: Sequence[str], now: datetime) -> list[_Tried]:
    """The first sender alone: credentials that do not hold are not knocked on the door again and again."""
    deadline = min(provider.client.CALL_SECONDS, LONGEST_CALL)
    async with Line(deadline=deadline, allow_private=settings.ALLOW_PRIVATE_TARGETS) as line:
        first = await _try(line, provider, account, senders[0], now)
        if first.trial is None or first.trial.credentials is Verdict.BAD:
            return [first]
        others = [_try(line, provider, account, sender, now) for sender in senders[1:]]
        return [first, *await asyncio.gather(*others)]


async def _try(line: Line, provider: Provider, account: Account, sender: str, now: datetime) -> _Tried:
    assert provider.probe
    try:
        request = provider.probe.build_probe(account, sender, now=now)
    except SendError as error:
        return _Tried(sender, error=error, made=False)
    try:
        return _Tried(sender, provider.probe.read_probe(await line.call(request)))
    except SendError as error:
        return _Tried(sender, error=error)
    except Exception as error:
        logger.exception("the trial call of account %s broke", account.id)
        return _Tried(sender, error=Misconfigured("broken_call", f"The trial call broke ({type(error).__name__})."))


def _credentials(account: Account, tried: Sequence[_Tried]) -> HealthFinding:
    first = tried[0]
    if first.error:
        known = explain(account.provider, Where.ANSWER, first.error.code)
        said = known.meaning if known else _safe(first.error.text, account) or first.error.code
        if not first.made:
            return HealthFinding(
                "Credentials", Health.BAD, said, known.next_step if known else "Complete the account's credentials."
            )
        fix = "Check the base URL, and whether this server may reach it."
        return HealthFinding("Provider", Health.BAD, f"The trial call was not answered. {said}", fix)
    trials = [one.trial for one in tried if one.trial]
    if bad := next((trial for trial in trials if trial.credentials is Verdict.BAD), None):
        text, fix = _words(account, bad, "The provider does not accept the credentials.", "Type them in again.")
        return HealthFinding("Credentials", Health.BAD, text, fix)
    if any(trial.credentials is Verdict.GOOD for trial in trials):
        return HealthFinding("Credentials", Health.GOOD, "The provider accepts them.")
    text, fix = _words(account, trials[0], "The provider's answer does not tell.", "Try again in a minute.")
    return HealthFinding("Credentials", Health.UNKNOWN, text, fix)


def _senders(account: Account, tried: Sequence[_Tried], number: int) -> Iterator[HealthFinding]:
    if not number:
        text = "This account has no sender that may send MMS."
        yield HealthFinding("Senders", Health.UNKNOWN, text, "Add one under Senders.")
        return
    for one in tried:
        yield _sender(account, one)
    if left := number - len(tried):
        words = "1 sender was" if left == 1 else f"{left} senders were"
        yield HealthFinding("Other senders", Health.UNKNOWN, f"{words} not tried.")


def _sender(account: Account, one: _Tried) -> HealthFinding:
    what = f"Sender {one.sender}"
    if one.trial is None or one.trial.credentials is Verdict.BAD:
        return HealthFinding(what, Health.UNKNOWN, "Not known as long as the trial call does not get through.")
    if one.trial.sender is Verdict.GOOD:
        return HealthFinding(what, Health.GOOD, "The provider takes messages from it.")
    if one.trial.sender is Verdict.BAD:
        fix = "Check the sender and its account."
        return HealthFinding(what, Health.BAD, *_words(account, one.trial, "The provider does not accept it.", fix))
    known = explain(account.provider, Where.ANSWER, one.trial.code)
    if known and known.outcome is OutcomeClass.CONFIGURATION:
        return HealthFinding(what, Health.WARN, _said(known), known.next_step)
    return HealthFinding(what, Health.UNKNOWN, "The provider tells about senders only when a message is sent.")


def _words(account: Account, trial: Trial, text: str, fix: str) -> tuple[str, str]:
    """What is wrong and the way out: our table's words, else the provider's, else the given ones."""
    if known := explain(account.provider, Where.ANSWER, trial.code):
        return _said(known), known.next_step
    said = _safe(trial.text, account)
    more = " ".join(part for part in (trial.code, said) if part)
    return (f"{text} It says: {more}" if more else text), fix


def _said(code: Code) -> str:
    return f"{code.meaning} ({code.code})"


def _safe(text: str, account: Account) -> str:
    """The provider's words without what it may have repeated: credentials, the webhook's secret, numbers."""
    secrets = [*account.credentials.values(), account.webhook_url.rpartition("/")[2]]
    for secret in sorted((value for value in secrets if len(value) > 3), key=len, reverse=True):
        text = text.replace(secret, "***")
    return masked_in("".join(character if character.isprintable() else " " for character in text))[:200].strip()
