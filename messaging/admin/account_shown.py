"""What an account's page shows besides its form: the address to paste at the provider, and the last test."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_noop

from messaging.gateway import registry
from messaging.models import ProviderAccount
from messaging.reachability import Health

METHODS = {
    "POST": gettext_noop("The provider posts receipts and inbound messages to it."),
    "GET": gettext_noop("It may call it by GET too."),
    "HEAD": gettext_noop("A HEAD request, with which some providers check an address before taking it, is answered."),
}
PASTE = gettext_noop(
    "Paste it at %(provider)s as the address for callbacks "
    "(also called notify URL, postback URL or delivery report URL)."
)
WORDS = {
    Health.GOOD: gettext_noop("Works"),
    Health.BAD: gettext_noop("Does not work"),
    Health.WARN: gettext_noop("Doubtful"),
    Health.UNKNOWN: gettext_noop("Not known"),
}


def rate(account: ProviderAccount, now: datetime) -> str:
    """How many calls a second it may make now, and why that is less than what is configured."""
    present = account.rate_at(now)
    if present >= account.calls_per_second:
        return gettext("%(pace)s calls a second, as configured.") % {"pace": account.calls_per_second}
    said = gettext("%(now)s calls a second, of %(full)s: its provider throttles it. It climbs back by itself.")
    return said % {"now": f"{present:.1f}", "full": account.calls_per_second}


def webhook(account: ProviderAccount) -> str:
    """The address for receipts with a button that copies it, and how the provider calls it."""
    known = account.provider in registry.names()
    methods = registry.provider(account.provider).client.METHODS if known else ()
    label = registry.provider(account.provider).profile.label if known else gettext("the provider")
    return format_html(
        '<span class="copyrow"><label class="unseen" for="webhook-url">{}</label>'
        '<input id="webhook-url" readonly value="{}" autocomplete="off" spellcheck="false">'
        '<button class="resume" type="button" data-copy="webhook-url" aria-label="{}">{}</button></span>'
        '<span class="about">{} {}</span>'
        '<span class="about" role="status" id="copied" data-copied="{}" data-selected="{}"></span>',
        gettext("Webhook URL"),
        account.webhook_url,
        gettext("Copy the webhook URL"),
        gettext("Copy"),
        gettext(PASTE) % {"provider": label},
        " ".join(gettext(METHODS[method]) for method in methods if method in METHODS),
        gettext("Copied: %s"),
        gettext("Selected, press Ctrl+C to copy: %s"),
    )


def tested(account: ProviderAccount, address: str) -> str:
    """The findings of the last test, and a button that posts to `address` ("" leaves it out)."""
    button = (
        format_html(
            '<p><button class="resume" type="submit" formaction="{}" formnovalidate>{}</button> '
            '<span class="about">{}</span></p>',
            address,
            gettext("Test this account"),
            gettext("Nobody gets a message. What is stored is tried, not what is being typed."),
        )
        if address
        else ""
    )
    if not account.tested_at:
        return format_html("<p>{}</p>{}", gettext("Never tested."), button)
    rows = format_html_join("", "{}", ((_finding(finding),) for finding in account.test_findings))
    when = gettext("Tested %(at)s UTC") % {"at": f"{account.tested_at:%Y-%m-%d %H:%M}"}
    return format_html('<p>{}</p><ul class="health">{}</ul>{}', when, rows, button)


def _finding(finding: Mapping[str, str]) -> str:
    verdict = finding["verdict"] if finding["verdict"] in set(Health) else Health.UNKNOWN
    return format_html(
        '<li class="{}"><b>{}: <span>{}</span></b> {} {}</li>',
        verdict,
        gettext(finding["what"]),
        gettext(WORDS[Health(verdict)]),
        gettext(finding["text"]),
        format_html("<em>{}</em>", gettext(finding["fix"])) if finding.get("fix") else "",
    )
