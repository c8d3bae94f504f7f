"""What the demo says once it is up: where to look, how to log in, and a call to paste."""

import json

from mmsportal.demo.people import PASSWORD, PEOPLE
from mmsportal.demo.seeding import Seeded
from mmsportal.demo.stage import Stage

RULE = "-" * 78
RECIPIENT = "+14165550100"


def greeting(stage: Stage, seeded: Seeded, *, seconds: float) -> str:
    """The block of text, ready to be printed; `seconds` is how long the start took."""
    portal = stage.portal_url
    places = (
        ("Portal", f"{portal}/"),
        ("Compose", f"{portal}/compose/"),
        ("API docs", f"{portal}/api/v1/docs"),
        ("Sandbox", f"{stage.sandbox_url}/   what each number does, and the ledger"),
        ("Data", f"{stage.var_dir}"),
    )
    logins = (f"  {person.username:<9} {person.group or 'everything'}" for person in PEOPLE)
    return "\n".join(
        [
            "",
            RULE,
            f"MMS portal is up ({seconds:.1f} s): {seeded.transactions} transactions, {seeded.assets} files to look at",
            RULE,
            *(f"  {name:<9} {address}" for name, address in places),
            "",
            f"Log in with the password {PASSWORD} as",
            *logins,
            "",
            f"API key (made for this start, shown only here): {seeded.api_key}",
            "Send a message and follow it in the portal:",
            "",
            curl(stage, seeded),
            "",
            "Ctrl-C stops everything.",
            RULE,
        ]
    )


def curl(stage: Stage, seeded: Seeded) -> str:
    """A command line that sends the seeded template to a sandbox number."""
    body = {"from": "34343", "to": [RECIPIENT], "template": seeded.template}
    return (
        f"curl -s {stage.portal_url}/api/v1/messages -H 'key: {seeded.api_key}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'"
    )
