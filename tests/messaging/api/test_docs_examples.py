"""The examples of docs/api.md run as they stand there, but for the address and the secrets."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from messaging.callbacks.signing import signed
from messaging.models import Callback, Message
from messaging.steering import stop

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def example(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return next(block for block in blocks if containing in block)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_the_curl_line_sends(live_server, sender, issued_key) -> None:
    command = example("sh", "curl").replace("http://127.0.0.1:8000", live_server.url)
    run = subprocess.run(
        ["bash", "-c", command],
        env={"MMS_KEY": issued_key[1], "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    answer = json.loads(run.stdout)
    assert [row["status"] for row in answer["transactions"]] == ["queued", "queued"]
    assert Message.objects.get().pk.hex == answer["id"].replace("-", "")


@pytest.mark.django_db(transaction=True)
def test_the_python_lines_send_and_follow(live_server, sender, issued_key) -> None:
    key, _whole, secret = issued_key
    code = (
        example("python", "import httpx")
        .replace("http://127.0.0.1:8000", live_server.url)
        .replace("0f3a9c21", key.prefix)
        .replace("base64 secret as printed", secret)
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "+16475550142 queued ['queued']\n", run.stderr


@pytest.mark.django_db
def test_the_lines_that_verify_news_do(shop, send) -> None:
    send(to=[{"msisdn": "+16475550142", "correlation_id": "order-1881"}], notify_url="https://shop.example.com/any")
    stop(Message.objects.get())
    news = Callback.objects.get()
    body = bytes(news.body)
    names: dict[str, Any] = {}
    exec(example("python", "standardwebhooks"), names)
    headers = dict(signed(str(news.pk), body, [shop.secret], now=timezone.now()))
    assert names["hear"](body, headers, shop.secret) == "order-1881 cancelled"
    told = json.loads(example("json", "message.delivered"))
    assert set(told["data"]) == set(json.loads(body)["data"])
    assert set(told) == set(json.loads(body))


@pytest.mark.django_db(transaction=True)
def test_the_lines_that_follow_the_feed_do(live_server, send, issued_key) -> None:
    send()
    names: dict[str, Any] = {}
    exec(example("python", "def follow"), names)
    with httpx.Client(headers={"key": issued_key[1]}) as api:
        seen, place = names["follow"](api, f"{live_server.url}/api/v1")
        assert seen == ["+16475550142 queued"]
        stop(Message.objects.get())
        assert names["follow"](api, f"{live_server.url}/api/v1", place)[0] == ["+16475550142 cancelled"]
