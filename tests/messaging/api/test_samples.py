"""Every example of the documentation page runs as it stands, in all three languages."""

import base64
import hashlib
import hmac
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

from media import uploads
from messaging import consent, templates
from messaging.api.guides import GUIDES, texts
from messaging.api.samples import operations, samples
from messaging.content import Content, Slide
from messaging.models import Message, Transaction
from tests.media.samples import png

LANGUAGES = {"curl": ("bash", ["bash", "-e"]), "Python": ("python", [sys.executable]), "JavaScript": ("node", ["node"])}
GUIDE = {guide.name: guide for guide in GUIDES}
SUFFIX = {"curl": ".sh", "Python": ".py", "JavaScript": ".mjs"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=LANGUAGES)
def language(request) -> str:
    needed = {"curl": ("bash", "curl", "openssl"), "JavaScript": ("node",)}.get(request.param, ())
    for program in needed:
        if not shutil.which(program):
            pytest.skip(f"NO {program.upper()}: the examples in {request.param} are not run here")
    return str(request.param)


@pytest.fixture
def run(live_server, issued_key, sender, settings, tmp_path, language):
    """Run an example in its language, in a folder with a picture; gives what it printed."""
    settings.PUBLIC_BASE_URL = live_server.url
    (tmp_path / "picture.png").write_bytes(png())

    def start(source: str, **variables: str) -> str:
        file = tmp_path / f"example{SUFFIX[language]}"
        file.write_text(source)
        environment = {"PATH": os.environ["PATH"], "MMS_KEY": issued_key[1], **variables}
        done = subprocess.run(
            [*LANGUAGES[language][1], str(file)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, f"{source}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return start


@pytest.fixture
def guide(run, language, live_server):
    """Run a guide."""
    return lambda name, **variables: run(texts(GUIDE[name], live_server.url)[language], **variables)


@pytest.fixture
def sent(send, sender) -> Message:
    return Message.objects.get(pk=send().json()["id"])


def test_sending(guide):
    said = guide("send")
    again = guide("send")

    message = Message.objects.get()
    assert str(message.pk) in said
    assert "queued" in said
    # With its Idempotency-Key the second run is the first.
    assert again == said
    assert message.transactions.get().correlation_id == "order-1881"


def test_looking_first(guide, language):
    said = guide("dry_run")

    assert ('"ok":true' if language == "curl" else "would be sent") in said
    assert "Webex US" in said
    assert not Message.objects.exists()


def test_following(guide, sent):
    Transaction.objects.update(status="failed", reason_code="7004", next_attempt_at=None)
    said = guide("follow", MESSAGE_ID=str(sent.pk))

    assert "failed" in said
    assert "+16475550142" in said


def test_cancelling(guide, language, sent):
    said = guide("cancel", MESSAGE_ID=str(sent.pk))

    assert ('"cancelled":1' if language == "curl" else "1 will not get it") in said
    assert set(Transaction.objects.values_list("status", flat=True)) == {"cancelled"}


def test_uploading(guide):
    said = guide("media")

    assert re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", said)
    assert "image" in said


def signed(secret: bytes, identity: str, stamp: int, body: bytes) -> str:
    """By the Standard Webhooks specification, not by the code under test."""
    mac = hmac.new(secret, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def test_the_way_of_this_test_is_the_specifications_own_example():
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == expected


@pytest.mark.parametrize("kind", ["genuine", "rotated", "forged", "changed"])
def test_checking_a_callback(language, tmp_path, kind):
    source, secret, now = texts(GUIDE["callbacks"], "")[language], b"s" * 24, int(time.time())
    body = b'{"event": "delivered", "to": "+16475550142"}'
    signature = signed(b"t" * 24 if kind == "forged" else secret, "msg_1", now, body)
    if kind == "rotated":
        signature = f"{signed(b'new' * 8, 'msg_1', now, body)} {signature}"
    (tmp_path / "body.json").write_bytes(body + b"\n" * 0 if kind != "changed" else body.replace(b"42", b"43"))
    file = tmp_path / f"example{SUFFIX[language]}"
    file.write_text(source)
    done = subprocess.run(
        [*LANGUAGES[language][1], str(file)],
        env={
            "PATH": os.environ["PATH"],
            "MMS_CALLBACK_SECRET": "whsec_" + base64.b64encode(secret).decode(),
            "WEBHOOK_ID": "msg_1",
            "WEBHOOK_TIMESTAMP": str(now),
            "WEBHOOK_SIGNATURE": signature,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stdout.strip() == ("genuine" if kind in {"genuine", "rotated"} else "forged"), done.stderr


@pytest.mark.parametrize("language", ["Python", "JavaScript"], indirect=True)
def test_an_old_callback_is_no_news(language, tmp_path):
    secret, old = b"s" * 24, int(time.time()) - 3600
    (tmp_path / "body.json").write_bytes(b"{}")
    file = tmp_path / f"example{SUFFIX[language]}"
    file.write_text(texts(GUIDE["callbacks"], "")[language])
    environment = {
        "PATH": os.environ["PATH"],
        "MMS_CALLBACK_SECRET": "whsec_" + base64.b64encode(secret).decode(),
        "WEBHOOK_ID": "msg_1",
        "WEBHOOK_TIMESTAMP": str(old),
        "WEBHOOK_SIGNATURE": signed(secret, "msg_1", old, b"{}"),
    }
    done = subprocess.run(
        [*LANGUAGES[language][1], str(file)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "forged", done.stderr


def test_asking_for_events(guide, sent):
    try:
        resolve("/api/v1/events")
    except Resolver404:
        pytest.skip("NO EVENTS: the portal has no feed yet")
    if resolve("/api/v1/events").func.__name__ == "no_such_address":
        pytest.skip("NO EVENTS: the portal has no feed yet")
    assert "queued" in guide("events")


def test_each_operation(run, language, live_server, issued_key, sent, sender, composer):
    """One run for all: a process to each would take minutes."""
    key = issued_key[0]
    template = templates.save_template(Content(slides=(Slide("Hello"),)), name="Spring", user=composer)
    told = consent.opt_out("+16475550199", sender, source="api", evidence="x", now=sent.created_at, api_key=key)
    asset = uploads.store(png(), name="a.png", owner=key.owner_label)
    variables = {
        "MESSAGE_ID": str(sent.pk),
        "TRANSACTION_ID": str(sent.transactions.get().pk),
        "SENDER_ID": str(sender.pk),
        "TEMPLATE_ID": str(template.pk),
        "OPT_OUT_ID": str(told.pk),
        "ASSET_ID": str(asset.pk),
    }
    document = SchemaGenerator(api_version="1").get_schema(request=None, public=True)
    sources, names = [], []
    for operation, asked in operations(document):
        unknown = [name for name in asked.variables.values() if name not in variables]
        variables |= {name: str(uuid4()) for name in unknown}
        sources.append(samples(asked, live_server.url)[language])
        names.append(operation["operationId"])
    assert len(sources) >= 27

    printed = run(_together(sources, language, Path()), **variables)

    answers = printed.split("\x1e")[1:]
    assert len(answers) == len(names), printed
    for name, answer in zip(names, answers, strict=True):
        # Every example is understood; what it names may be gone by the time its turn comes.
        assert not re.search(r'"status":(400|401|403|405|406|415|422|500)\b', answer), f"{name}: {answer}"


def _together(sources: list[str], language: str, _folder: Path) -> str:
    """Each example after the other, with a mark before what it prints."""
    if language == "curl":
        return "\n".join(f"printf '\\036'\n{source}" for source in sources)
    if language == "Python":
        return "\n".join(f"print(end=chr(30))\n{source}" for source in sources)
    imports = sorted({line for source in sources for line in source.splitlines() if line.startswith("import ")})
    bodies = [re.sub(r"^import .*\n", "", source, flags=re.M) for source in sources]
    blocks = [f"process.stdout.write('\\x1e');\n{{\n{body}\n}}" for body in bodies]
    return "\n".join([*imports, *blocks])
