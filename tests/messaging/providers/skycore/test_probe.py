"""The trial call: it reaches nobody, and how far it gets tells what holds."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs
from xml.etree.ElementTree import fromstring

import pytest

from messaging.gateway.contract import Account, HttpAnswer, Trial, Verdict
from messaging.gateway.errors import Misconfigured
from messaging.gateway.serving import Call, Rejected, Tenant
from messaging.providers.skycore import probe, server
from tests.messaging.providers.skycore.asking import BASE
from tests.messaging.providers.skycore.desk import OpenDesk

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACCOUNT = Account("a-1", "skycore", BASE, {"api_key": "sandbox-api-key"})
GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN


def test_it_can_never_reach_a_handset() -> None:
    request = probe.build_probe(ACCOUNT, "34343", now=NOW)
    root = fromstring(parse_qs(request.body.decode())["xml"][0].encode())
    # A number kept free for fiction, and nothing to send to it.
    assert root.findtext("TO") == "12065550100"
    assert root.find("SLIDE") is None
    assert root.findtext("ACTION") == "sendMMS"


@pytest.mark.parametrize(
    ("tenant", "account", "sender", "credentials", "verdict", "code"),
    [
        ({}, {}, "34343", GOOD, GOOD, "E312"),
        ({}, {}, "70000", GOOD, BAD, "E111"),
        ({}, {"api_key": "another"}, "34343", BAD, UNKNOWN, "E104"),
        ({"sources": ("203.0.113.0/24",)}, {}, "34343", BAD, UNKNOWN, "E112"),
        ({"options": {"api_rights": False}}, {}, "34343", BAD, UNKNOWN, "E105"),
        ({"options": {"enforce_campaign": True}}, {}, "34343", GOOD, UNKNOWN, "E718"),
        ({"options": {"enforce_campaign": True}}, {"campaign_ref": "WRONG"}, "34343", GOOD, UNKNOWN, "E721"),
        ({"options": {"enforce_campaign": True}}, {"campaign_ref": "SANDBOX26"}, "34343", GOOD, GOOD, "E312"),
    ],
)
@pytest.mark.parametrize("use_get", [False, True])
def test_how_far_it_gets_tells_what_holds(
    tenant: dict[str, object],
    account: dict[str, str],
    sender: str,
    credentials: Verdict,
    verdict: Verdict,
    code: str,
    use_get: bool,
) -> None:
    tried = replace(ACCOUNT, credentials={**ACCOUNT.credentials, **account}, options={"use_get": use_get})
    request = probe.build_probe(tried, sender, now=NOW)
    path = request.url.removeprefix("https://secure.skycore.com")
    call = Call(request.method, path, dict(request.headers), request.body, "198.51.100.7")
    customer: Tenant = replace(server.DEMO, **tenant)  # type: ignore[arg-type]
    with pytest.raises(Rejected) as caught:
        server.read(call, customer, OpenDesk(), now=NOW)
    trial = probe.read_probe(caught.value.answer)
    assert (trial.credentials, trial.sender, trial.code) == (credentials, verdict, code)
    assert trial.text


@pytest.mark.parametrize(
    ("status", "body", "trial"),
    [
        (401, b"", Trial(BAD, UNKNOWN, "http_401")),
        (429, b"", Trial(GOOD, UNKNOWN, "http_429")),
        (502, b"", Trial(UNKNOWN, UNKNOWN, "http_502", "")),
        (200, b"<RESPONSE><STATUS>Success</STATUS></RESPONSE>", Trial(GOOD, GOOD)),
        (
            200,
            b"<RESPONSE><STATUS>Failure</STATUS><ERRORCODE>E777</ERRORCODE></RESPONSE>",
            Trial(UNKNOWN, UNKNOWN, "E777"),
        ),
    ],
)
def test_other_answers_prove_what_they_can(status: int, body: bytes, trial: Trial) -> None:
    assert probe.read_probe(HttpAnswer(status, {}, body)) == trial


def test_without_a_key_there_is_nothing_to_try() -> None:
    with pytest.raises(Misconfigured):
        probe.build_probe(replace(ACCOUNT, credentials={}), "34343", now=NOW)
