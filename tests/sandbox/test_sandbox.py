"""The sandbox as a whole: its ledger, its doors, its command."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from messaging.gateway import serving
from mmsportal.sandbox.door import Meter
from mmsportal.sandbox.ledger import Ledger, read
from mmsportal.sandbox.options import ConfigError, read_tenants
from mmsportal.sandbox.testing import Running, running
from tests.sandbox.conftest import KEY, PAYLOADS, Receiver, until

ROOT = Path(__file__).parents[2]
Order = Callable[..., dict[str, Any]]


class TestLedger:
    def test_the_seed_request_arrives_as_it_was_sent(self, send, sandbox: Running) -> None:
        request = json.loads((PAYLOADS / "seed-request.json").read_text())
        request["to"][0]["msisdn"] = [" +16475550142"]
        answer = send(request)
        assert answer.status_code == 201
        [entry] = sandbox.ledger(kind="accepted")
        assert entry["body"] == request
        assert list(entry["body"]) == list(request)
        assert (entry["provider_ref"], entry["sender"]) == (answer.json()["messageId"], "34343")
        assert entry["recipient"] == "16475550142"

    def test_an_accepted_call_is_on_file_before_its_answer(self, send, order: Order, sandbox: Running) -> None:
        with pytest.raises(httpx.ReadTimeout):
            send(order("25"), timeout=1)
        assert until(lambda: sandbox.ledger(client_ref="ref-25"))[0]["kind"] == "accepted"

    def test_nothing_is_accepted_that_the_file_cannot_take(self, order: Order) -> None:
        with running(ledger=Path("/dev/full")) as box:
            answer = httpx.post(f"{box.base_url}/webex/v2/messages", json=order(), headers=KEY, trust_env=False)
        assert answer.status_code == 500

    def test_refusals_are_on_file_too(self, send, order: Order, sandbox: Running) -> None:
        send(order(**{"from": "55555"}))
        [entry] = sandbox.ledger(kind="refused")
        assert (entry["status"], entry["answer"]["code"]) == (400, "7101")

    def test_keys_are_not_on_file(self, send, order: Order, sandbox: Running) -> None:
        send(order())
        send(order(), headers={"key": "some-other-secret"})
        on_file = sandbox.path.read_text()
        assert "sandbox-service-key" not in on_file
        assert "some-other-secret" not in on_file

    def test_it_is_served_and_can_be_narrowed(self, send, order: Order, sandbox: Running) -> None:
        send(order("03"))
        send(order("04"))
        found = httpx.get(f"{sandbox.base_url}/ledger?client_ref=ref-03&kind=accepted", trust_env=False).json()
        assert [entry["client_ref"] for entry in found["entries"]] == ["ref-03"]

    def test_it_is_served_in_portions(self, send, order: Order, sandbox: Running) -> None:
        for _ in range(3):
            send(order("20"))
        url = f"{sandbox.base_url}/ledger"
        first = httpx.get(f"{url}?limit=2", trust_env=False).json()["entries"]
        rest = httpx.get(f"{url}?after={first[-1]['n']}", trust_env=False).json()["entries"]
        assert [entry["n"] for entry in first + rest] == [1, 2, 3]

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=", "after=-1", "limit=" + "9" * 5000])
    def test_a_portion_that_makes_no_sense_is_400(self, query: str, sandbox: Running) -> None:
        answer = httpx.get(f"{sandbox.base_url}/ledger?{query}", trust_env=False)
        assert (answer.status_code, "limit" in answer.text) == (400, True)

    def test_a_line_still_being_written_is_left_out(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.jsonl"
        path.write_text('{"n": 1}\n{"n": 2, "bo')
        assert list(read(path)) == [{"n": 1}]

    def test_it_is_appended_to_over_restarts(self, tmp_path: Path) -> None:
        for _ in range(2):
            ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
            ledger.write("accepted", client_ref="a")
            ledger.close()
        assert [entry["n"] for entry in read(tmp_path / "deep" / "ledger.jsonl")] == [1, 1]


class TestLookup:
    def test_a_message_can_be_asked_for(self, send, order: Order, sandbox: Running, receiver: Receiver) -> None:
        ref = send(order("01")).json()["messageId"]
        until(lambda: len(receiver.bodies) == 3)
        url = f"{sandbox.base_url}/webex/v2/messages"
        found = httpx.get(f"{url}/{ref}", headers=KEY, trust_env=False)
        assert (found.status_code, found.json()["messageId"], found.json()["status"]) == (200, ref, "Read")
        assert httpx.get(f"{url}/{ref}", trust_env=False).status_code == 401
        unknown = httpx.get(f"{url}/nobody", headers=KEY, trust_env=False)
        assert (unknown.status_code, unknown.content) == (404, b"")


class TestDoors:
    def test_a_wrong_key_is_401_without_a_body(self, send, order: Order) -> None:
        answer = send(order(), headers={"key": "another"})
        assert (answer.status_code, answer.content) == (401, b"")

    def test_a_huge_body_is_refused_and_the_sandbox_lives_on(self, sandbox: Running) -> None:
        url = f"{sandbox.base_url}/webex/v2/messages"
        answer = httpx.post(url, content=b"[" * 1_500_000, headers=KEY, trust_env=False)
        assert answer.json()["code"] == "7022"
        health = httpx.get(f"{sandbox.base_url}/healthz", trust_env=False)
        assert health.json() == {"status": "ok", "providers": ["webex"]} | {"providers": list(serving.served())}

    def test_a_body_nested_beyond_reason_is_taken_or_refused(self, send, order: Order, sandbox: Running) -> None:
        deep: dict[str, Any] = {}
        for _ in range(900):
            deep = {"a": deep}
        assert send(order(options=deep)).status_code in (201, 400)
        assert httpx.get(f"{sandbox.base_url}/healthz", trust_env=False).status_code == 200

    def test_more_than_the_rate_is_429(self, order: Order) -> None:
        tenant = replace(serving.server("webex").DEMO, tps=2)
        with running(tenants={"webex": tenant}) as box:
            url = f"{box.base_url}/webex/v2/messages"
            with httpx.Client(trust_env=False, headers=KEY) as client:
                first = [client.post(url, json=order()).status_code for _ in range(3)]
                # Two a second are let through again meanwhile: no caller is as slow as that for long.
                refused = until(lambda: next((a for a in [client.post(url, json=order())] if a.is_error), None))
        assert first == [201, 201, 201]
        assert (refused.status_code, refused.json()["code"]) == (429, "7020")

    def test_the_meter_fills_again_at_the_rate(self) -> None:
        now = [0.0]
        meter = Meter(10, lambda: now[0])
        assert sum(meter.take(1) for _ in range(50)) == 15
        now[0] = 0.5
        assert sum(meter.take(1) for _ in range(50)) == 5
        now[0] = 100
        assert not meter.take(16)
        assert meter.take(15)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "Expecting"),
            ("[]", "an object of providers"),
            ('{"nobody": {}}', "nobody"),
            ('{"webex": []}', "an object is expected"),
            ('{"webex": {"keys": []}}', "keys not known"),
            ('{"webex": {"tps": 0}}', "tps has a wrong type or value"),
            ('{"webex": {"senders": ["34343"]}}', "senders has a wrong type or value"),
            ('{"webex": {"sources": ["10.0.0.0/40"]}}', "sources has a wrong type or value"),
            ('{"webex": {"credentials": {"service_key": [1]}}}', "credentials has a wrong type or value"),
        ],
    )
    def test_a_file_that_cannot_be_used_says_why(self, text: str, told: str, tmp_path: Path) -> None:
        path = tmp_path / "tenants.json"
        path.write_text(text)
        with pytest.raises(ConfigError, match=told):
            read_tenants(path)

    def test_members_left_out_keep_the_demo_values(self, tmp_path: Path) -> None:
        path = tmp_path / "tenants.json"
        path.write_text('{"webex": {"tps": 7, "credentials": {"service_key": "one"}}}')
        tenant = read_tenants(path)["webex"]
        assert (tenant.tps, tenant.credentials) == (7, {"service_key": ("one",)})
        assert tenant.senders == serving.server("webex").DEMO.senders


def command(*args: str, var: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *args],
        cwd=ROOT,
        env={**os.environ, "MMS_VAR_DIR": str(var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_serves_and_stops_cleanly(self, number: signal.Signals, order: Order, tmp_path: Path) -> None:
        process = command("--port", "0", "--speed", "1", var=tmp_path)
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().split()[2].rstrip("/")
            sent = httpx.post(f"{base_url}/webex/v2/messages", json=order("13"), headers=KEY, trust_env=False)
            assert sent.status_code == 201
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{base_url}/webex/v2/messages", json=order("25"), headers=KEY, timeout=1, trust_env=False)
            process.send_signal(number)
            # The call that hangs would keep it for minutes.
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 0
            assert "Traceback" not in errors
        finally:
            process.kill()
            process.communicate()
        entries = list(read(tmp_path / "sandbox" / "ledger.jsonl"))
        accepted = [entry["client_ref"] for entry in entries if entry["kind"] == "accepted"]
        assert accepted == ["ref-13", "ref-25"]

    @pytest.mark.parametrize(
        ("args", "told"),
        [
            (["--host", "0.0.0.0"], "loopback only"),
            (["--host", "sandbox.example.org"], "loopback only"),
            (["--speed", "0"], "--speed"),
            (["--config", "/nonexistent.json"], "nonexistent"),
            (["--port", "70000"], "port"),
        ],
    )
    def test_what_it_cannot_do_it_says(self, args: list[str], told: str, tmp_path: Path) -> None:
        process = command(*args, var=tmp_path)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 1
        assert errors.startswith("CommandError")
        assert told in errors

    def test_a_taken_port_is_told(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            process = command("--port", str(taken.getsockname()[1]), var=tmp_path)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 1
        assert "address already in use" in errors.lower()
