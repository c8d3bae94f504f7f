"""A client that a public generator makes of the published document sends, follows and cancels."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command

from messaging.models import Message
from mmsportal.sandbox.testing import Running
from tests.media.samples import png
from tests.working import settled, work

GENERATOR = Path(sys.executable).with_name("openapi-python-client")
PACKAGE = "generated_mms_client"

pytestmark = pytest.mark.skipif(
    not GENERATOR.exists(), reason="NO CLIENT GENERATOR: install requirements-heavy.txt (openapi-python-client)"
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Iterator[ModuleType]:
    """The package that the generator wrote, imported; it may warn of nothing."""
    folder = tmp_path_factory.mktemp("client")
    document, config = folder / "schema.json", folder / "config.yaml"
    call_command("spectacular", "--format", "openapi-json", "--file", str(document))
    config.write_text("post_hooks: []\n")
    run = subprocess.run(
        [
            *(GENERATOR, "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", document, "--config", config, "--output-path", folder / PACKAGE),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Warning" not in run.stdout
    sys.path.insert(0, str(folder))
    yield import_module(PACKAGE)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def api(generated, live_server, issued_key) -> Iterator[Any]:
    client = generated.AuthenticatedClient(
        base_url=live_server.url, token=issued_key[1], prefix="", auth_header_name="key"
    )
    with client as opened:
        yield opened


def call(name: str, **more: Any) -> Any:
    """One operation of the client, such as messages.messages_send."""
    return import_module(f"{PACKAGE}.api.{name}").sync_detailed(**more)


@pytest.fixture
def models(generated) -> ModuleType:
    return import_module(f"{PACKAGE}.models")


@pytest.fixture
def compose(models):
    def build(*numbers: str, **more: Any) -> Any:
        slide = models.Slide(text="Hello there", **({"image": more.pop("image")} if "image" in more else {}))
        fallback = models.ContentFallbackType0(text="Hello")
        content = models.Content(subject="Hello", slides=[slide], fallback=fallback)
        to = [models.Recipient(msisdn=number, correlation_id=f"order-{number[-2:]}") for number in numbers]
        return models.Send(from_="34343", to=to, content=content, **more)

    return build


@pytest.mark.django_db(transaction=True)
def test_it_uploads_sends_and_follows_to_the_end(sandbox: Running, api, models, compose, sender, live_server, settings):
    settings.MEDIA_PUBLIC_BASE_URL = live_server.url
    kinds = import_module(f"{PACKAGE}.types")
    file = kinds.File(payload=BytesIO(png()), file_name="sea.png", mime_type="image/png")
    asset = call("media.media_create", client=api, body=models.Upload(file=file, alt="The sea")).parsed
    assert (asset.kind, asset.alt) == ("image", "The sea")

    body = compose("+14165550100", "+14165550105", image=models.Medium(asset=str(asset.id)))
    looked = call("messages.messages_send", client=api, body=body, dry_run=True)
    assert (looked.status_code, looked.parsed.ok, looked.parsed.recipients.accepted) == (200, True, 2)

    sent = [
        call("messages.messages_send", client=api, body=body, idempotency_key="order-1881").parsed for _turn in range(2)
    ]
    assert sent[0].id == sent[1].id
    work(settled(Message.objects.get().transactions))

    ends = {}
    for accepted in sent[0].transactions:
        row = call("transactions.transactions_read", client=api, transaction_id=accepted.id).parsed
        ends[row.correlation_id] = row.status
        assert row.timeline[0].kind == "queued"
    assert ends == {"order-00": "delivered", "order-05": "failed"}
    progress = call("messages.messages_progress", client=api, message_id=sent[0].id).parsed
    assert (progress.settled, progress.counts.to_dict()) == (2, {"delivered": 1, "failed": 1})
    page = call(
        "transactions.transactions_list", client=api, fields="to,status", status=models.TransactionsListStatus.FAILED
    ).parsed
    assert [row.to_dict() for row in page.results] == [{"to": "+14165550105", "status": "failed"}]


@pytest.mark.django_db(transaction=True)
def test_it_pauses_and_cancels(api, compose, sender):
    later = datetime.now(UTC) + timedelta(hours=1)
    sent = call("messages.messages_send", client=api, body=compose("+14165550100", send_at=later)).parsed

    paused = call("messages.messages_pause", client=api, message_id=sent.id).parsed
    cancelled = call("messages.messages_cancel", client=api, message_id=sent.id)

    assert paused.held == 1
    assert (cancelled.status_code, cancelled.parsed.cancelled) == (200, 1)
    row = call("transactions.transactions_read", client=api, transaction_id=sent.transactions[0].id).parsed
    assert row.status == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_arrives_with_its_pointer_and_its_fix(api, models, compose, sender):
    body = compose("+14165550100")
    body.content.subject = "s" * 81

    refused = call("messages.messages_send", client=api, body=body)

    assert refused.status_code == 422
    (error,) = refused.parsed.errors
    assert (error.pointer, error.limit, error.actual) == ("/content/subject", 80, 81)
    assert error.fix


@pytest.mark.django_db(transaction=True)
def test_a_tag_spares_the_second_answer(api, sender):
    first = call("senders.senders_list", client=api)
    again = call("senders.senders_list", client=api, if_none_match=first.headers["ETag"])

    assert [row.address for row in first.parsed.results] == ["34343"]
    assert (again.status_code, again.content) == (304, b"")
