"""The tables say the truth: each member that a server side looks at stands in one, what is ignored changes nothing."""

import ast
import re
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client

from messaging.compat.tables import TABLES, Table
from messaging.models import Message
from tests.messaging.compat import calls
from tests.messaging.compat.conftest import Internet
from tests.messaging.compat.test_codes import BY_BODY, BY_CALLER, OF_A_CHANNEL

pytestmark = pytest.mark.django_db
# Where each server side looks into a call.
READERS = {
    "webex": ["request", "fields", "__init__"],
    "telesign": ["request", "channels", "messages"],
    "sinch": ["request", "fields", "slides", "__init__"],
    "skycore": ["request", "checks", "__init__"],
}
# A name as the format spells it, and which words in those modules are names of members.
SPELLING = {
    "webex": r"[a-z]+[A-Za-z]*",
    "telesign": r"[a-z]+(_[a-z]+)*",
    "sinch": r"[a-z]+(-[a-z]+)*",
    "skycore": r"[A-Z]+(_[A-Z]+)*",
}
EXTRA: dict[str, dict[str, Any]] = {
    "webex": {
        "notifyUrlAuthId": "auth-1",
        "options": {"shortenLinks": True},
        "contactPolicy": {"channelCheckConsent": True, "contactPolicyGroup": "g"},
    },
    "telesign": {"account_lifecycle_event": "create", "originating_ip": "203.0.113.7"},
    "sinch": {"service-id": "SVC-2", "from-mask": "Shop", "cache-content": True},
    "skycore": {"FROM_MASK": "Shop", "CAMPAIGNREF": "Campaign123", "OPERATORID": "000189"},
}
EACH = pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender) -> None: ...


def asked_for(name: str) -> set[str]:
    """The members that a server's modules ask a call for: keys of subscripts and of look-ups."""
    found: set[str] = set()
    for module in READERS[name]:
        suffix = "" if module == "__init__" else f".{module}"
        path = Path(import_module(f"messaging.providers.{name}.server{suffix}").__file__ or "")
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Subscript(slice=ast.Constant(value=str(key))):
                    found.add(key)
                case (
                    ast.Call(args=[ast.Constant(value=str(key)), *_])
                    | ast.Call(args=[_, ast.Constant(value=str(key)), *_])
                ) if key != "" and ast.unparse(node.func).endswith(READS):
                    found.add(key)
    return {key for key in found if re.fullmatch(SPELLING[name], key)}


READS = (
    ".get",
    ".text",
    ".word",
    ".flag",
    ".moment",
    ".mapping",
    ".find",
    ".findall",
    ".findtext",
    "_one_of",
    "_is_yes",
)


def members(table: Table) -> set[str]:
    """Each step of each name in a table."""
    return set(chain.from_iterable(name.split(".") for name in (*table.maps, *table.ignored)))


@EACH
def test_every_member_that_is_looked_at_stands_in_the_table(table: Table) -> None:
    asked = asked_for(table.name)
    assert len(asked) >= 8
    # Members of members that say only where another one stands.
    steps = {"url", "parameters", "recipient", "default", "mms", "sms", "channel", "URL", "SLIDE", "VALUE"}
    # Of a member that is ignored whole.
    steps |= {"channelCheckConsent", "channelApplyFrequencyCap", "contactPolicyGroup"}
    assert asked - steps <= members(table)


@EACH
def test_what_is_ignored_changes_nothing(table: Table, post, service_key: str) -> None:
    ignored = {name for name in table.ignored if "." not in name}
    assert set(EXTRA[table.name]) == ignored
    post(table.name, calls.body(table.name, service_key))
    post(table.name, calls.body(table.name, service_key, lambda call: call.update(EXTRA[table.name])))
    plain, extra = Message.objects.order_by("created_at")
    left_out = ("created_at",)
    assert model_to_dict(plain, exclude=left_out) == model_to_dict(extra, exclude=left_out)
    assert plain.frozen == extra.frozen


def test_fallback_time_changes_nothing_either(post, service_key: str) -> None:
    post("telesign", calls.body("telesign", service_key, lambda call: call["channels"][0].update(fallback_time=3600)))
    assert Message.objects.get().frozen.fallback.text == "Autumn offer"


@EACH
def test_what_is_refused_has_an_answer_that_is_earned(table: Table) -> None:
    earned = {code for name, code, _change in BY_BODY if name == table.name} | BY_CALLER[table.name]
    earned |= {code for code, _change in OF_A_CHANNEL} | {"3046"} if table.name == "telesign" else set()
    told = re.findall(r"\b(?:E[0-9]{2}[0-9x]|[0-9]{4})\b", " ".join(table.refused.values()))
    assert told
    assert all(any(code.startswith(one.rstrip("x")) for code in earned) for one in told)


def test_the_tables_over_rest(client: Client, service_key: str) -> None:
    assert client.get("/api/v1/compat").status_code == 401
    results = client.get("/api/v1/compat", headers={"key": service_key}).json()["results"]
    assert [one["provider"] for one in results] == ["webex", "telesign", "sinch", "skycore"]
    assert {"member": "slide.pdf", "meaning": results[2]["maps"][-1]["meaning"]} in results[2]["maps"]
    assert client.get("/api/v1/compat?x=1", headers={"key": service_key}).status_code == 400


def test_the_page(client: Client, viewer) -> None:
    client.force_login(viewer)
    page = client.get("/compat/").content.decode()
    assert all(name in page for table in TABLES for name in (table.label, *table.maps, *table.ignored))
    assert "x-api-key" in page
