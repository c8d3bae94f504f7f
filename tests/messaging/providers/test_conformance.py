"""What every provider folder must be, asked of each one the registry finds: a new folder is tested by being there."""

import json
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.addresses import SenderKind
from messaging.content import KINDS, Content
from messaging.gateway import registry
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.contract import (
    Accepted,
    Account,
    Acknowledgement,
    HttpAnswer,
    OptionField,
    OutboundMessage,
    Trial,
)
from messaging.gateway.errors import SendError
from messaging.gateway.facts import Forged, Inbound, Receipt, SavedNews, Unreadable
from messaging.statuses import RANKS

PROVIDERS = registry.names()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=300) | ANYTHING.map(lambda value: json.dumps(value).encode())

NOBODYS = OutboundMessage("ref", "34343", "+14165550100", Content())


def test_there_are_providers() -> None:
    assert {"sinch", "skycore", "telesign", "webex"} <= set(PROVIDERS)


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_face_is_complete(name: str) -> None:
    provider = registry.provider(name)
    assert provider.profile.provider == name
    assert provider.profile.label == provider.client.LABEL
    assert "POST" in provider.client.METHODS
    fields = [field.name for field in provider.client.CREDENTIALS]
    assert fields
    assert len(fields) == len(set(fields))
    assert all(field.label for field in provider.client.CREDENTIALS)


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_rest_of_the_face_is_in_bounds(name: str) -> None:
    client = registry.provider(name).client
    options = [field.name for field in client.OPTIONS]
    assert len(options) == len(set(options))
    assert all(isinstance(field, OptionField) and field.label for field in client.OPTIONS)
    assert 0 < client.CALL_SECONDS <= 30
    assert isinstance(client.ECHOES, bool)
    assert isinstance(client.ACKNOWLEDGEMENT, Acknowledgement)
    assert "/" in client.ACKNOWLEDGEMENT.content_type
    assert set(client.METHODS) <= {"POST", "GET", "HEAD"}


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_a_provider_may_leave_out_is_whole_where_it_is_there(name: str) -> None:
    provider = registry.provider(name)
    if provider.saving:
        assert all(callable(one) for one in (provider.saving.wanted, provider.saving.build_save))
        assert callable(provider.saving.read_save)
    if provider.query:
        assert all(callable(one) for one in (provider.query.build_query, provider.query.read_query))
        assert 0 < provider.query.AFTER < provider.query.UNTIL
    if provider.probe:
        assert all(callable(one) for one in (provider.probe.build_probe, provider.probe.read_probe))


@pytest.mark.parametrize("name", PROVIDERS)
@given(status=st.integers(100, 599), body=BODIES)
def test_any_answer_to_the_other_calls_is_read_too(name: str, status: int, body: bytes) -> None:
    provider = registry.provider(name)
    answer = HttpAnswer(status, {}, body)
    if provider.probe:
        assert isinstance(provider.probe.read_probe(answer), Trial)
    with suppress(SendError):
        if provider.query:
            assert all(isinstance(one, Receipt) for one in provider.query.read_query(answer))
    with suppress(SendError):
        if provider.saving:
            assert provider.saving.read_save(answer, NOBODYS).saved_ref


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_code_says_what_whose_and_what_next(name: str) -> None:
    for (where, code), row in registry.provider(name).codes.items():
        assert (row.where, row.code) == (where, code)
        assert len(row.code) <= 40
        for words in (row.meaning, row.next_step):
            assert words[0].isupper(), code
            assert words.endswith("."), code
        if where is Where.ANSWER:
            assert row.outcome is not None, code
            assert row.outcome is not OutcomeClass.ACCEPTED or not row.state, code
        else:
            assert row.outcome is None, code
            assert row.state is None or row.state in RANKS, code


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_code_nobody_knows_has_no_explanation(name: str) -> None:
    assert registry.explain(name, Where.RECEIPT, "no such code") is None


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_profile_names_kinds_that_exist(name: str) -> None:
    profile = registry.provider(name).profile
    assert set(profile.types) <= set(KINDS)
    assert set(profile.part_bytes) <= set(KINDS)
    assert all(clash <= set(KINDS) for clash in profile.clashes)
    assert profile.drops_query <= set(KINDS)
    assert profile.sender_kinds <= {kind.value for kind in SenderKind}
    assert profile.carries_text or profile.medium_required
    assert profile.shortest <= profile.longest
    assert profile.text_advice <= profile.text_limit


@pytest.mark.parametrize("name", PROVIDERS)
@given(status=st.integers(100, 599), body=BODIES, wait=st.text(max_size=20))
def test_any_answer_is_acceptance_or_a_send_error(name: str, status: int, body: bytes, wait: str) -> None:
    try:
        accepted = registry.provider(name).client.read(HttpAnswer(status, {"retry-after": wait, "date": wait}, body))
        problem = None
    except SendError as error:
        accepted, problem = None, error
    if problem is None:
        assert isinstance(accepted, Accepted)
        assert accepted.provider_ref
    else:
        assert problem.code
        assert problem.retry_after is None or 0 <= problem.retry_after <= 86_400


@pytest.mark.parametrize("name", PROVIDERS)
@given(body=BODIES)
def test_any_webhook_body_is_read_or_called_unreadable(name: str, body: bytes) -> None:
    client = registry.provider(name).client
    try:
        found = client.receipts(body)
    except Unreadable:
        return
    assert all(isinstance(one, Receipt | Inbound | SavedNews) for one in found)


@pytest.mark.parametrize("name", PROVIDERS)
@given(headers=st.dictionaries(st.text(max_size=30), st.text(max_size=80), max_size=4), body=st.binary(max_size=100))
def test_any_headers_verify_or_are_forged(name: str, headers: dict[str, str], body: bytes) -> None:
    account = Account("a", name, "https://api.example.org", {}, webhook_keys=("made-up",))
    try:
        registry.provider(name).client.verify(account, headers, body)
    except Forged:
        return


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_client_is_plain_python(name: str) -> None:
    program = (
        f"import sys, messaging.providers.{name}.client, messaging.gateway.http;"
        "print([m for m in ('django', 'celery', 'boto3', 'rest_framework') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_client_does_not_know_the_server(name: str) -> None:
    program = (
        f"import sys, messaging.providers.{name}.client;"
        f"print([m for m in sys.modules if m.startswith('messaging.providers.') and not m.startswith("
        f"'messaging.providers.{name}') or m.endswith('.{name}.server')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
