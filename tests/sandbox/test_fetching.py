"""Media are fetched as the provider would: fixed length, true type, within the size; else 7554."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mmsportal.sandbox.testing import running
from tests.sandbox.conftest import Receiver, until

Order = Callable[..., dict[str, Any]]


def attachment(url: str, kind: str = "image", mime: str = "image/jpeg", **asked: object) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in {"type": mime, **asked}.items())
    return {"type": kind, "messageText": "Look", "mediaUrl": f"{url}/file?{query}"}


@pytest.fixture
def outcome(send, order: Order, receiver: Receiver, sandbox) -> Callable[..., tuple[list[str], str]]:
    """The receipts of a message with some attachments, and the first fault noted."""

    def find(*attachments: dict[str, Any]) -> tuple[list[str], str]:
        assert send(order("00", attachments=list(attachments))).status_code == 201
        until(lambda: {"7500", "7554"} & set(receiver.codes()))
        [entry] = sandbox.ledger(kind="fetched")
        return receiver.codes(), next((file["fault"] for file in entry["files"] if file["fault"]), "")

    return find


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("image", "image/jpeg"),
        ("image", "image/png"),
        ("image", "image/gif"),
        ("audio", "audio/mpeg"),
        ("video", "video/mp4"),
        ("ical", "text/calendar"),
        ("vcard", "text/vcard"),
        ("pdf", "application/pdf"),
        ("text", "text/plain"),
    ],
)
def test_every_type_of_the_table_passes(kind: str, mime: str, host: str, outcome) -> None:
    assert outcome(attachment(host, kind, mime)) == (["7501", "7500"], "")


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ({"mime": "text/html"}, "type text/html is not taken"),
        ({"mime": "application/octet-stream"}, "type application/octet-stream is not taken"),
        ({"mime": "video/mp4"}, "type video/mp4 is not taken"),
        ({"kind": "excel"}, "no type of excel is taken"),
        ({"body": "text/html"}, "is not image/jpeg"),
        ({"fault": "404"}, "answered 404"),
        ({"fault": "403"}, "answered 403"),
        ({"fault": "301"}, "answered 301"),
        ({"fault": "chunked"}, "no Content-Length"),
        ({"fault": "gzip"}, "compressed on the way"),
        ({"fault": "empty"}, "empty"),
        ({"fault": "short"}, "could not be fetched: ClientPayloadError"),
        ({"size": 768_001}, "too large: more than 768000 bytes"),
    ],
)
def test_what_cannot_be_fetched_is_7554(bad: dict[str, Any], fault: str, host: str, outcome) -> None:
    assert outcome(attachment(host, **bad)) == (["7554"], fault)


def test_a_host_without_head_will_do(host: str, outcome) -> None:
    assert outcome(attachment(host, fault="no-head")) == (["7501", "7500"], "")


def test_768000_bytes_fit_all_together(host: str, outcome) -> None:
    assert outcome(attachment(host, size=700_000), attachment(host, size=68_000))[0] == ["7501", "7500"]


def test_one_byte_more_does_not(host: str, outcome) -> None:
    codes, fault = outcome(attachment(host, size=700_000), attachment(host, size=68_001))
    assert (codes, fault) == (["7554"], "too large: more than 68000 bytes")


def test_nobody_at_the_address_is_7554(outcome) -> None:
    codes, fault = outcome(attachment("http://127.0.0.1:9"))
    assert codes == ["7554"]
    assert fault.startswith("could not be fetched")


def test_hosts_outside_this_machine_count_as_fetched(outcome) -> None:
    assert outcome(attachment("https://media.example.org")) == (["7501", "7500"], "")


def test_fetching_can_be_left_out(order: Order, receiver: Receiver) -> None:
    with running(speed=100, fetch_media=False) as box:
        request = order("00", attachments=[attachment("http://127.0.0.1:9")])
        url = f"{box.base_url}/webex/v2/messages"
        httpx.post(url, json=request, headers={"key": "sandbox-service-key"}, trust_env=False)
        until(lambda: len(receiver.bodies) == 2)
        time.sleep(0.05)
        assert receiver.codes() == ["7501", "7500"]
