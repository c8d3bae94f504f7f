"""The published document is true: a machine that believes it finds no fault and no undocumented answer."""

import json
import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from messaging.models import Slide, Template
from tests.faults.machine import explore

SECONDS = 25


def test_the_document_is_valid_and_complete(tmp_path) -> None:
    file = tmp_path / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    document = json.loads(file.read_text())
    assert document["openapi"].startswith("3.1")
    assert {
        "/api/v1/messages",
        "/api/v1/messages/{message_id}",
        "/api/v1/messages/{message_id}/progress",
        "/api/v1/messages/{message_id}/pause",
        "/api/v1/messages/{message_id}/resume",
        "/api/v1/messages/{message_id}/cancel",
        "/api/v1/transactions",
        "/api/v1/transactions/{transaction_id}",
        "/api/v1/senders",
        "/api/v1/senders/{sender_id}",
        "/api/v1/templates",
        "/api/v1/templates/{template_id}",
        "/api/v1/opt-outs",
        "/api/v1/opt-outs/{opt_out_id}",
        "/api/v1/opt-outs/{opt_out_id}/lift",
        "/api/v1/media",
        "/api/v1/media/{asset_id}",
        "/api/v1/media/uploads",
        "/api/v1/media/uploads/{upload_id}/finish",
        "/api/v1/codes",
    } <= set(document["paths"])
    assert set(document["components"]["securitySchemes"]) == {"key", "token"}
    named = set(re.findall(r"#/components/schemas/(\w+)", file.read_text()))
    assert named <= set(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["security"] == [{"key": []}, {"token": []}]
            refusals = [answer for status, answer in operation["responses"].items() if status[0] in "45"]
            assert refusals, path
            # An address that is too long never reaches us: the web server says so in its own form.
            ours = [answer for answer in refusals if "text/html" not in answer["content"]]
            assert len(refusals) - len(ours) == 1
            assert all("application/problem+json" in answer["content"] for answer in ours), path
            assert {sample["lang"] for sample in operation["x-codeSamples"]} == {"shell", "python", "javascript"}


def test_the_document_and_its_browser_need_no_key(client) -> None:
    client.credentials()
    assert client.get("/api/v1/schema").status_code == 200
    assert b"swagger-ui" in client.get("/api/v1/docs").content


@pytest.mark.django_db(transaction=True)
def test_a_machine_finds_nothing_that_is_not_documented(live_server, issued_key, sender, message, tmp_path) -> None:
    """A short while here; `python -m tests.faults.machine` goes on for minutes."""
    template = Template.objects.create(name="Spring", subject="Spring", fallback_text="Spring")
    Slide.objects.create(template=template, position=0, text="Hello")
    found = explore(
        live_server.url,
        issued_key[1],
        tmp_path,
        phases="examples,coverage,fuzzing,stateful",
        examples=25,
        seconds=SECONDS,
    )
    assert not found.wrong, found.wrong
    assert found.cases > 60


def test_every_link_leads_to_an_operation_that_takes_it(tmp_path) -> None:
    document = SchemaGenerator(api_version="1").get_schema(request=None, public=True)
    known = {
        operation["operationId"]: {parameter.get("name") for parameter in operation.get("parameters", [])}
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    led = [
        (link["operationId"], set(link["parameters"]))
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(led) > 20
    for target, given in led:
        assert given <= known[target], target
