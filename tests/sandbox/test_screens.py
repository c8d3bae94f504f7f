"""What the phones show, and the ledger and the tenant behind it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mmsportal.sandbox.screens import SHOWN
from mmsportal.sandbox.testing import Running, running
from tests.sandbox.conftest import KEY, Receiver, until

Order = Callable[..., dict[str, Any]]
Send = Callable[..., httpx.Response]


def look(box: Running) -> httpx.Response:
    return httpx.get(f"{box.base_url}/handsets", trust_env=False)


class TestScreens:
    def test_before_anything_came_in_it_says_what_to_do(self, sandbox: Running) -> None:
        assert "Send a message" in look(sandbox).text

    def test_a_message_is_shown_slide_by_slide(self, send: Send, order: Order, sandbox: Running, host: str) -> None:
        picture = f"{host}/file?type=image/jpeg&size=100"
        request = order("01", attachments=[{"type": "image", "messageText": "Look", "mediaUrl": picture}])
        request["content"] |= {"subject": "New hats", "fallbacktext": "Hats at the shop"}
        send(request)
        page = look(sandbox)
        assert page.status_code == 200
        for shown in ("+16475550101", "New hats", "<p>Look</p>", "Fallback SMS, not needed so far: Hats at the shop"):
            assert shown in page.text
        assert f'<img src="{picture.replace("&", "&amp;")}"' in page.text

    def test_what_became_of_it_stands_there(self, send: Send, order: Order, sandbox: Running) -> None:
        send(order("01"))
        until(lambda: '<p class="state">read</p>' in look(sandbox).text)

    def test_without_an_address_for_receipts_it_stands_there_too(
        self, send: Send, order: Order, sandbox: Running
    ) -> None:
        send(order("05", notifyUrl=""))
        until(lambda: '<p class="state">address not found</p>' in look(sandbox).text)

    def test_a_code_on_demand_is_shown(self, send: Send, order: Order, sandbox: Running) -> None:
        request = order("00")
        request["content"]["fallbacktext"] = "sandbox:receipt=7272"
        send(request)
        until(lambda: '<p class="state">receipt 7272</p>' in look(sandbox).text)

    def test_a_fallback_sms_is_shown_instead(self, send: Send, order: Order, sandbox: Running) -> None:
        request = order("07")
        request["content"]["fallbacktext"] = "Hats at the shop"
        send(request)
        until(lambda: "as SMS: Hats at the shop" in look(sandbox).text)
        assert "<ol>" not in look(sandbox).text

    def test_placeholders_are_filled(self, send: Send, order: Order, sandbox: Running) -> None:
        request = order("00", attachments=[{"type": "text", "messageText": "Hello $(name)"}])
        request["to"][0]["substitutions"] = {"name": "Ada"}
        send(request)
        assert "<p>Hello Ada</p>" in look(sandbox).text

    def test_texts_are_texts(self, send: Send, order: Order, sandbox: Running) -> None:
        request = order("00", attachments=[{"type": "text", "messageText": "<script>alert(1)</script>"}])
        send(request)
        assert "<script" not in look(sandbox).text
        assert "&lt;script&gt;" in look(sandbox).text

    def test_nothing_is_loaded_from_elsewhere(self, send: Send, order: Order, sandbox: Running) -> None:
        url = "https://media.example.org/a.jpg"
        send(order("00", attachments=[{"type": "image", "mediaUrl": url}]))
        page = look(sandbox)
        assert url in page.text
        assert f'"{url}"' not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "https:" not in policy
        assert "unsafe" not in policy

    def test_the_newest_hundred_are_shown(self, order: Order) -> None:
        with running(speed=100) as box, httpx.Client(trust_env=False, headers=KEY) as client:
            for number in range(3):
                request = order("00", notifyUrl="", attachments=[{"type": "text", "messageText": f"Call {number}"}])
                request["to"] = [{"msisdn": [f"+1416555{n:04}" for n in range(1000, 1040)]}]
                client.post(f"{box.base_url}/webex/v2/messages", json=request)
            page = look(box).text
        assert page.count('class="phone"') == SHOWN
        counts = [page.count(f"<p>Call {number}</p>") for number in range(3)]
        assert counts == [20, 40, 40]

    def test_both_pages_lead_to_one_another(self, sandbox: Running) -> None:
        index = httpx.get(f"{sandbox.base_url}/", trust_env=False).text
        assert 'href="/handsets"' in index
        assert 'href="/"' in look(sandbox).text


class TestTenant:
    def change(self, box: Running, members: object, provider: str = "webex") -> httpx.Response:
        return httpx.patch(f"{box.base_url}/tenants/{provider}", json=members, trust_env=False)

    def test_receipts_go_where_the_tenant_is_told(self, send: Send, order: Order, receiver: Receiver, sandbox) -> None:
        assert self.change(sandbox, {"webhook_url": receiver.url, "webhook_key": "made-up"}).status_code == 204
        send(order("03", notifyUrl=""))
        until(lambda: receiver.bodies)
        assert receiver.headers[0]["x-hub-signature"].startswith("sha256=")

    def test_another_rate_holds_from_the_next_call_on(self, send: Send, order: Order, sandbox: Running) -> None:
        assert send(order()).status_code == 201
        self.change(sandbox, {"tps": 1})
        until(lambda: send(order()).status_code == 429)

    @pytest.mark.parametrize(
        ("members", "provider", "told"),
        [
            ({"webhook": "http://127.0.0.1:1/"}, "webex", "webhook not known"),
            ({"webhook_url": 5}, "webex", "webhook_url has a wrong type"),
            ([], "webex", "an object is expected"),
            ({}, "nobody", "No provider"),
        ],
    )
    def test_what_makes_no_sense_is_400(self, members: object, provider: str, told: str, sandbox: Running) -> None:
        answer = self.change(sandbox, members, provider)
        assert (answer.status_code, told in answer.text) == (400, True)

    def test_a_form_of_a_strange_page_changes_nothing(self, sandbox: Running) -> None:
        url = f"{sandbox.base_url}/tenants/webex"
        answer = httpx.patch(url, content=b"{}", headers={"content-type": "text/plain"}, trust_env=False)
        assert answer.status_code == 415
        broken = httpx.patch(url, content=b"{", headers={"content-type": "application/json"}, trust_env=False)
        assert broken.status_code == 400


def test_the_ledger_can_be_narrowed_to_a_provider(send: Send, order: Order, sandbox: Running) -> None:
    send(order("20"))
    url = f"{sandbox.base_url}/ledger"
    found = [httpx.get(f"{url}?provider={name}", trust_env=False).json()["entries"] for name in ("webex", "sinch")]
    assert [len(entries) for entries in found] == [1, 0]
