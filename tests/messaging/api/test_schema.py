"""The published document is true: a machine that believes it finds no fault and no undocumented answer."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from messaging.models import Slide, Template

SECONDS = 25
CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
]


def test_the_document_is_valid_and_complete(tmp_path) -> None:
    file = tmp_path / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    document = json.loads(file.read_text())
    assert document["openapi"].startswith("3.1")
    assert {
        "/api/v1/messages",
        "/api/v1/messages/{message_id}",
        "/api/v1/messages/{message_id}/cancel",
        "/api/v1/transactions",
        "/api/v1/transactions/{transaction_id}",
        "/api/v1/senders",
        "/api/v1/templates",
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
            assert all("application/problem+json" in answer["content"] for answer in refusals), path


def test_the_document_and_its_browser_need_no_key(client) -> None:
    client.credentials()
    assert client.get("/api/v1/schema").status_code == 200
    assert b"swagger-ui" in client.get("/api/v1/docs").content


@pytest.mark.django_db(transaction=True)
def test_a_machine_finds_nothing_that_is_not_documented(live_server, issued_key, sender, message, tmp_path) -> None:
    template = Template.objects.create(name="Spring", subject="Spring", fallback_text="Spring")
    Slide.objects.create(template=template, position=0, text="Hello")
    report = tmp_path / "report.json"
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{live_server.url}/api/v1/schema?format=json",
            f"--header=key:{issued_key[1]}",
            f"--checks={','.join(CHECKED)}",
            "--phases=examples,coverage,fuzzing",
            f"--max-time={SECONDS}",
            "--max-examples=25",
            "--generation-deterministic",
            "--suppress-health-check=all",
            "--no-shrink",
            "--continue-on-failure",
            "--warnings=off",
            "--no-color",
            f"--report-json-path={report}",
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS * 4,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    passed = re.search(r"Selected: (\d+)/\1\n.*?(\d+) generated", run.stdout, re.DOTALL)
    assert passed, run.stdout
    assert int(passed[2]) > 40
