"""What an account's page shows besides its form: the address to paste at the provider, and the last test."""

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join

from messaging.gateway import registry
from messaging.models import ProviderAccount
from messaging.reachability import Health

METHODS = {
    "POST": "The provider posts receipts and inbound messages to it.",
    "GET": "It may call it by GET too.",
    "HEAD": "A HEAD request, with which some providers check an address before taking it, is answered.",
}
WORDS = {
    Health.GOOD: "Works",
    Health.BAD: "Does not work",
    Health.WARN: "Doubtful",
    Health.UNKNOWN: "Not known",
}


def webhook(account: ProviderAccount) -> str:
    """The address for receipts with a button that copies it, and how the provider calls it."""
    known = account.provider in registry.names()
    methods = registry.provider(account.provider).client.METHODS if known else ()
    label = registry.provider(account.provider).profile.label if known else "the provider"
    return format_html(
        '<span class="copyrow"><label class="unseen" for="webhook-url">Webhook URL</label>'
        '<input id="webhook-url" readonly value="{}" autocomplete="off" spellcheck="false">'
        '<button class="resume" type="button" data-copy="webhook-url">Copy<span class="unseen"> the webhook URL</span>'
        '</button></span><span class="about">Paste it at {} as the address for callbacks (also called notify URL, '
        'postback URL or delivery report URL). {}</span><span class="about" role="status" id="copied"></span>',
        account.webhook_url,
        label,
        " ".join(METHODS[method] for method in methods if method in METHODS),
    )


def tested(account: ProviderAccount, address: str) -> str:
    """The findings of the last test, and a button that posts to `address` ("" leaves it out)."""
    button = (
        format_html(
            '<p><button class="resume" type="submit" formaction="{}" formnovalidate>Test this account</button> '
            '<span class="about">Nobody gets a message. What is stored is tried, not what is being typed.</span></p>',
            address,
        )
        if address
        else ""
    )
    if not account.tested_at:
        return format_html("<p>Never tested.</p>{}", button)
    rows = format_html_join("", "{}", ((_finding(finding),) for finding in account.test_findings))
    when = f"{account.tested_at:%Y-%m-%d %H:%M} UTC"
    return format_html('<p>Tested {}</p><ul class="health">{}</ul>{}', when, rows, button)


def _finding(finding: Mapping[str, str]) -> str:
    verdict = finding["verdict"] if finding["verdict"] in set(Health) else Health.UNKNOWN
    return format_html(
        '<li class="{}"><b>{}: <span>{}</span></b> {} {}</li>',
        verdict,
        finding["what"],
        WORDS[Health(verdict)],
        finding["text"],
        format_html("<em>{}</em>", finding["fix"]) if finding.get("fix") else "",
    )
