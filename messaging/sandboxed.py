"""What a test key has sent leaves for a sandbox, or not at all: the one rule, asked when a message is routed and once
more of the very address that is about to be called (reliability, section 6)."""

from collections.abc import Iterator

from django.conf import settings

from messaging.gateway.addressing import Addressing
from messaging.models import ApiKey, ProviderAccount, Sender
from messaging.slide_rules import Finding, Severity
from messaging.slide_rules.findings import finding
from messaging.slide_rules.findings import gettext_noop as _

CODE = "test_key_real_account"


def at_sandbox(account: ProviderAccount) -> bool:
    """Whether an account is at a sandbox: a private target named in MMS_ALLOW_PRIVATE_TARGETS.

    Nothing that is typed into an account can make a sandbox of a real provider.
    """
    return is_sandbox(account.base_url)


def is_sandbox(address: str) -> bool:
    """Whether an address can lead to a sandbox only."""
    return Addressing(settings.ALLOW_PRIVATE_TARGETS).is_sandbox(address)


def may_reach(key: ApiKey | None, address: str) -> bool:
    """Whether what this key has sent, or a person for None, may go to an address."""
    return key is None or not key.test or is_sandbox(address)


def findings(sender: Sender, key: ApiKey | None) -> Iterator[Finding]:
    """What speaks against the use of a sender by a test key."""
    if not may_reach(key, sender.account.base_url):
        yield finding(
            CODE,
            Severity.BLOCKS,
            "/from",
            _("A test key reaches sandboxes only; the account “{account}” of {sender} is a real one."),
            {"account": sender.account.name, "sender": sender.address},
            fix=_("Send it with a live key, or from a sender of an account at a sandbox."),
        )
