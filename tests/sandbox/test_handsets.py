"""Every number of the table does over a real socket what the table says."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from messaging.gateway import serving
from messaging.gateway.serving import Call
from mmsportal.sandbox import faults
from mmsportal.sandbox.door import Door
from mmsportal.sandbox.handsets import HANDSETS, handset
from mmsportal.sandbox.testing import Running, running
from tests.messaging.providers.desks import MadeDesk
from tests.sandbox.conftest import KEY, Receiver, until

Order = Callable[..., dict[str, Any]]
Send = Callable[..., httpx.Response]

CODES = {
    "00": ["7501", "7500"],
    "01": ["7501", "7500", "7524"],
    "02": ["7501", "7500", "7524", "7525"],
    "03": ["7501"],
    "04": ["7501", "7208"],
    "05": ["7501", "7553"],
    "06": ["7501", "7554"],
    "07": ["7501", "7500"],
    "08": ["7501", "7501", "7501", "7500", "7500", "7500"],
    "09": ["7500", "7501"],
    "11": ["7501", "7500", "7556"],
    "12": ["7501", "7208", "7500"],
    "13": ["7501", "7500"],
    "14": ["7501"],
    "21": ["7223"],
    "30": ["7554"],
    "31": ["7501", "7999"],
    "32": ["?", "7501", "7500"],
    "77": ["7501", "7500"],
}


@pytest.mark.parametrize(("nn", "codes"), CODES.items())
def test_an_accepted_message_gets_the_receipts_of_its_number(
    nn: str, codes: list[str], send: Send, order: Order, receiver: Receiver
) -> None:
    answer = send(order(nn))
    assert answer.status_code == 201
    until(lambda: len(receiver.bodies) >= len(codes))
    time.sleep(0.15)
    assert receiver.codes() == codes
    for body in receiver.bodies:
        if b"transid" in body:
            told = json.loads(body)["deliveryInfoNotification"]
            assert (told["transid"], told["correlationid"]) == (answer.json()["messageId"], f"ref-{nn}")
            assert told["deliveryInfo"]["destination"] == f"164755501{nn}"


def test_a_fallback_sms_says_so(send: Send, order: Order, receiver: Receiver) -> None:
    send(order("07"))
    until(lambda: len(receiver.bodies) == 2)
    assert json.loads(receiver.bodies[1])["deliveryInfoNotification"]["deliveryInfo"]["sentAs"] == "SMS"


def test_number_10_is_told_before_the_answer(send: Send, order: Order, receiver: Receiver) -> None:
    send(order("10"))
    assert receiver.codes() == ["7501", "7500"]


def test_number_13_is_a_minute_late() -> None:
    assert [step.after for step in HANDSETS["13"].plan] == [60 + step.after for step in HANDSETS["00"].plan]


def test_number_20_is_refused_for_ever(send: Send, order: Order, sandbox: Running) -> None:
    for _ in range(2):
        answer = send(order("20"))
        assert (answer.status_code, answer.json()["code"]) == (400, "7102")
    assert [entry["status"] for entry in sandbox.ledger(client_ref="ref-20")] == [400, 400]


@pytest.mark.parametrize(("nn", "status"), [("22", 429), ("33", 401)])
def test_numbers_22_and_33_are_refused_and_then_let_through(
    nn: str, status: int, send: Send, order: Order, receiver: Receiver
) -> None:
    assert send(order(nn)).status_code == status
    until(lambda: send(order(nn)).status_code == 201)
    until(lambda: receiver.codes() == ["7501", "7500"])


@pytest.mark.parametrize("nn", ["22", "33"])
def test_numbers_22_and_33_are_refused_for_ten_seconds(nn: str, order: Order) -> None:
    now = [100.0]
    door, webex = Door(speed=2, clock=lambda: now[0]), serving.server("webex")
    message = webex.read(
        Call("POST", "/v2/messages", KEY, json.dumps(order(nn)).encode()), webex.DEMO, MadeDesk(), now=datetime.now(UTC)
    )
    refused = []
    for now[0] in (100.0, 102.5, 104.9, 105.1):
        refused.append(door.refusal(webex, message) is not None)
    assert refused == [True, True, True, False]


def test_number_23_fails_the_first_time_only(send: Send, order: Order, sandbox: Running) -> None:
    assert [send(order("23")).status_code for _ in range(3)] == [500, 201, 201]
    other = order("23")
    other["to"][0]["correlationId"] = "another"
    assert send(other).status_code == 500


def accepted(sandbox: Running, nn: str) -> int:
    return len(sandbox.ledger(client_ref=f"ref-{nn}", kind="accepted"))


def test_number_24_answers_500_to_what_it_took(send: Send, order: Order, sandbox: Running, receiver: Receiver) -> None:
    assert send(order("24")).status_code == 500
    assert accepted(sandbox, "24") == 1
    until(lambda: receiver.codes() == ["7501", "7500"])


def test_number_25_never_answers(send: Send, order: Order, sandbox: Running, receiver: Receiver) -> None:
    with pytest.raises(httpx.ReadTimeout):
        send(order("25"), timeout=1)
    until(lambda: accepted(sandbox, "25") == 1)
    until(lambda: receiver.codes() == ["7501", "7500"])


def test_number_26_resets_the_connection(send: Send, order: Order, sandbox: Running, receiver: Receiver) -> None:
    # A connection closed in good order would be a RemoteProtocolError.
    with pytest.raises(httpx.ReadError):
        send(order("26"))
    assert accepted(sandbox, "26") == 1
    until(lambda: receiver.codes() == ["7501", "7500"])


def test_number_27_drips_a_byte_a_second(order: Order, sandbox: Running) -> None:
    url = f"{sandbox.base_url}/webex/v2/messages"
    with (
        httpx.Client(trust_env=False, timeout=5) as client,
        client.stream("POST", url, json=order("27"), headers=KEY) as answer,
    ):
        began, arrived = time.monotonic(), b""
        for piece in answer.iter_raw():
            arrived += piece
            if len(arrived) >= 2:
                break
    assert arrived.startswith(b'{"')
    assert time.monotonic() - began > 1.8
    assert accepted(sandbox, "27") == 1


def test_number_28_answers_garbage(send: Send, order: Order, sandbox: Running) -> None:
    answer = send(order("28"))
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert accepted(sandbox, "28") == 1


def test_number_29_answers_a_gzip_bomb(order: Order, sandbox: Running) -> None:
    url = f"{sandbox.base_url}/webex/v2/messages"
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        client.stream("POST", url, json=order("29"), headers=KEY) as answer,
    ):
        packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
    assert accepted(sandbox, "29") == 1
    assert len(packed) < 1_000_000
    size = int.from_bytes(packed[-4:], "little")
    assert size > faults.BOMB


def test_number_40_answers_stop_and_41_a_picture(order: Order, receiver: Receiver) -> None:
    with running(speed=100, inbound_url=receiver.url) as box:
        url = f"{box.base_url}/webex/v2/messages"
        for nn in ("40", "41"):
            request = order(nn, notifyUrl="")
            assert httpx.post(url, json=request, headers=KEY, trust_env=False).status_code == 201
        until(lambda: len(receiver.bodies) == 2)
        replies = {entry["oa"]: entry for entry in map(json.loads, receiver.bodies)}
        assert replies["16475550140"]["message"] == "STOP"
        assert replies["16475550140"]["da"] == "70707"
        files = [entry["file"] for entry in json.loads(replies["16475550141"]["message"])]
        photo = httpx.get(files[0], trust_env=False)
        assert photo.headers["content-type"] == "image/png"
        assert photo.content.startswith(b"\x89PNG")
        assert files[1].endswith(".smil")


def test_every_number_is_tried_here() -> None:
    tried = set(CODES) | {"10", "20", "22", "23", "24", "25", "26", "27", "28", "29", "33", "40", "41"}
    assert set(HANDSETS) <= tried


@pytest.mark.parametrize("number", ["16475550199", "14165550101x", "16475560101", "447700900101", "1647555010"])
def test_every_other_number_behaves_as_00(number: str) -> None:
    assert handset(number) is HANDSETS["00"]


def test_any_area_code_will_do() -> None:
    assert handset("12065550104") is handset("19175550104") is HANDSETS["04"]


def test_each_destination_of_a_call_goes_its_own_way(send: Send, order: Order, receiver: Receiver) -> None:
    request = order("00")
    request["to"] = [
        {"msisdn": ["+14165550101", "+14165550103"], "correlationId": "a"},
        {"msisdn": ["+14165550104"], "correlationId": "b"},
    ]
    assert send(request).status_code == 201
    until(lambda: len(receiver.bodies) == 6)
    told = [json.loads(body)["deliveryInfoNotification"] for body in receiver.bodies]
    heard = {
        (note["correlationid"], note["deliveryInfo"]["destination"][-2:], note["deliveryInfo"]["code"]) for note in told
    }
    assert heard == {
        ("a", "01", "7501"),
        ("a", "01", "7500"),
        ("a", "01", "7524"),
        ("a", "03", "7501"),
        ("b", "04", "7501"),
        ("b", "04", "7208"),
    }


def test_a_sender_without_mms_is_rejected_by_receipt(send: Send, order: Order, receiver: Receiver) -> None:
    assert send(order("00", **{"from": "99999"})).status_code == 201
    until(lambda: receiver.bodies)
    time.sleep(0.1)
    assert receiver.codes() == ["7556"]


def test_only_the_receipts_asked_for_come(send: Send, order: Order, receiver: Receiver) -> None:
    send(order("01", requestedReceipts=["READ"]))
    until(lambda: receiver.bodies)
    time.sleep(0.1)
    assert receiver.codes() == ["7524"]


def test_the_provider_is_found_by_name_and_no_other_answers(sandbox: Running) -> None:
    assert "webex" in serving.served()
    assert httpx.post(f"{sandbox.base_url}/nobody/v2/messages", trust_env=False).status_code == 404
    with pytest.raises(LookupError):
        serving.server("nobody")
