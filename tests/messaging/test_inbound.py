"""News from handsets: kept once, STOP and START take effect, texts in files are fetched and read."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from messaging import consent, inbound, tasks
from messaging.gateway import registry
from messaging.gateway.facts import Action, Inbound
from messaging.inbound.texts import PAUSES
from messaging.models import InboundMessage, OptOut, ProviderAccount, ReceiptInbox, Sender

PAYLOADS = Path(__file__).parent / "providers"
ANN = "+14165550101"
NOW = timezone.now().replace(microsecond=0)
News = Callable[..., InboundMessage]


@pytest.fixture
def hear(account: ProviderAccount, sender: Sender) -> News:
    """Keep one piece of news; each call is a webhook body of its own, `at` its time in seconds from now."""
    bodies = iter(range(1000))

    def keep(
        text: str = "Hello", *, at: float | None = 0, received: float | None = None, **more: object
    ) -> InboundMessage:
        number = next(bodies)
        moment = NOW + timedelta(seconds=(at or 0) if received is None else received)
        row = ReceiptInbox.objects.create(
            account=account, received_at=moment, method="POST", body=b"", digest=str(number), next_attempt_at=moment
        )
        when = None if at is None else NOW + timedelta(seconds=at)
        fact = {"sender": ANN, "recipient": "34343", "text": text, "media_urls": (), "provider_ref": "", "at": when}
        return inbound.keep(row, Inbound(**{**fact, **more}), timezone.now())  # type: ignore[arg-type]

    return keep


def silent(sender: Sender, number: str = ANN) -> bool:
    return bool(consent.opted_out([(number, sender.pk)]))


def test_a_message_is_kept_with_its_sender(hear, sender) -> None:
    row = hear(
        "Nice\0 picture", subject="Re: Spring", media_urls=("https://files.example.net/a.jpg",), provider_ref="t-1"
    )

    row.refresh_from_db()
    assert (row.number, row.sender, row.text, row.subject) == (ANN, sender, "Nice picture", "Re: Spring")
    assert (row.media_urls, row.at, row.action) == (["https://files.example.net/a.jpg"], NOW, "")
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("more", [{"provider_ref": "t-1"}, {}], ids=["by reference", "by content"])
def test_the_same_news_again_is_one_row(hear, sender, more) -> None:
    first = hear("STOP", received=1, **more)
    consent.opt_in(ANN, sender, why="By letter", now=timezone.now())

    assert hear("STOP", at=0, received=300, **more) == first
    assert InboundMessage.objects.count() == 1
    # News that is told again must not undo what came after it.
    assert not silent(sender)


def test_a_stop_without_time_or_reference_counts_every_time(hear, sender) -> None:
    hear("STOP", at=None, received=0)
    hear("START", at=None, received=10)
    hear("STOP", at=None, received=20)

    assert InboundMessage.objects.count() == 3
    assert silent(sender)


@pytest.mark.django_db(transaction=True)
def test_a_start_that_is_read_beside_a_newer_stop_lifts_nothing(hear, sender) -> None:
    consent.opt_out(ANN, sender, source="person", evidence="By letter", now=NOW - timedelta(days=1))

    def start() -> None:
        with atomic():
            hear("START", at=0)
        connection.close()

    with atomic():
        hear("STOP", at=10)
        beside = Thread(target=start)
        beside.start()
        # It must wait for this commit; where it does not, it ends here and has not seen the STOP.
        beside.join(0.5)
    beside.join()

    assert InboundMessage.objects.count() == 2
    assert silent(sender)


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        *[(spelling, "34343") for spelling in ("34343", "+34343", " 34343 ")],
        *[(spelling, "+16475550142") for spelling in ("16475550142", "+1 647-555-0142", "0016475550142", "6475550142")],
        *[(spelling, None) for spelling in ("999", "", " ", "SHOP", "4165550142")],
    ],
)
def test_the_sender_is_found_by_the_digits_of_its_address(hear, account, sender, spelling, address) -> None:
    Sender.objects.create(address="+16475550142", kind="10dlc", account=account)
    elsewhere = ProviderAccount.objects.create(name="Elsewhere", provider="webex")
    Sender.objects.create(address="999", kind="short_code", account=elsewhere)

    row = hear(recipient=spelling)

    assert (row.sender.address if row.sender else None) == address


def test_where_no_address_is_told_the_only_sender_is_meant(hear, account, sender, queued) -> None:
    assert hear(recipient="").sender == sender
    Sender.objects.create(address="70707", kind="short_code", account=account)
    assert hear(recipient="", at=1).sender is None
    queued(ANN)
    assert hear(recipient="", at=2).sender == sender


@pytest.mark.parametrize("text", ["STOP", "Stop. Thank you", "arrêt"])
def test_a_stop_opts_out_with_its_words_and_source(hear, sender, text) -> None:
    row = hear(text)

    made = OptOut.objects.get()
    assert (made.number, made.sender, made.source, made.evidence, made.inbox) == (
        ANN,
        sender,
        "handset",
        text,
        row.inbox,
    )
    assert row.action == "stop"
    assert silent(sender)


def test_a_subject_counts_where_the_text_says_nothing(hear, sender) -> None:
    hear("", subject="STOP", at=0)
    assert silent(sender)
    hear("START", subject="Re: STOP", at=1)
    assert not silent(sender)


def test_what_the_provider_takes_it_for_counts(hear, sender) -> None:
    hear("No more of this for me", action=Action.STOP)

    assert silent(sender)


def test_a_stop_to_an_address_of_nobodys_holds_for_all(hear, sender) -> None:
    assert hear("STOP", recipient="999").sender is None

    assert OptOut.objects.get().sender is None
    assert silent(sender)


def test_leaving_and_joining_a_campaign(hear, sender) -> None:
    said = {"kind": "subscription", "provider_ref": "campaign-7", "text": ""}
    hear(at=0, action=Action.STOP, **said)
    assert OptOut.objects.get().source == "provider"
    assert silent(sender)

    hear(at=10, action=Action.START, **said)
    assert not silent(sender)

    hear(at=20, action=Action.STOP, **said)
    assert silent(sender)


def test_a_start_lifts(hear, sender) -> None:
    hear("STOP", at=0)
    hear("Start please", at=10)

    assert not silent(sender)
    assert OptOut.objects.get().lifted_why == "Start please"


def test_a_start_that_is_older_than_the_stop_lifts_nothing(hear, sender) -> None:
    hear("STOP", at=100)
    hear("START", at=50, received=200)

    assert silent(sender)


def test_a_time_nobody_can_believe_does_not_make_a_word_the_last(hear, sender) -> None:
    hear("START", at=365 * 24 * 3600, received=0)
    hear("STOP", at=60)

    assert silent(sender)
    assert InboundMessage.objects.get(action="start").at == NOW


def test_help_changes_nothing(hear) -> None:
    assert hear("help me please").action == "help"
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("number", ["ann@example.com", "12", "+1", "?" * 40])
def test_a_handset_that_has_no_number_is_kept_as_it_was_written(hear, number) -> None:
    assert hear("STOP", sender=number).number == number[:20]


ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "stop.txt": (200, "text/plain", b"STOP"),
    "bom.txt": (200, "text/plain; charset=utf-8", "\ufeffARRÊT".encode()),
    "old.txt": (200, "text/plain; charset=iso-8859-1", "Arrêt".encode("latin-1")),
    "unsaid.txt": (200, "text/plain", "Arrêt".encode("latin-1")),
    "odd.txt": (200, "text/plain; charset=nonsense", b"stop"),
    "untyped.txt": (200, "application/octet-stream", b"Stop. Thank you"),
    "hello.txt": (200, "text/plain", b"Hello\0 there"),
    "page.txt": (200, "text/html", b"<p>STOP</p>"),
    "picture.txt": (200, "image/png", b"STOP"),
    "bytes.txt": (200, "application/octet-stream", b"\x89PNG\xff"),
    "long.txt": (200, "text/plain", b"stop" * 20_000),
    "late.txt": (404, "text/plain", b""),
    "broken.txt": (500, "text/plain", b""),
}


class Files(BaseHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, kind, body = ANSWERS[self.path.strip("/")]
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@pytest.fixture
def files(settings) -> Iterator[str]:
    Files.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    place = f"127.0.0.1:{server.server_address[1]}"
    settings.ALLOW_PRIVATE_TARGETS = frozenset({place})
    yield f"http://{place}"
    server.shutdown()
    server.server_close()


def fetch_until_done(row: InboundMessage) -> None:
    """Fetch as often as it is put off, without waiting."""
    while row.fetch_at:
        InboundMessage.objects.filter(pk=row.pk).update(fetch_at=timezone.now())
        assert inbound.fetch_texts() == 1
        row.refresh_from_db()


@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        *[(name, True) for name in ("stop.txt", "bom.txt", "old.txt", "unsaid.txt", "odd.txt", "untyped.txt")],
        ("hello.txt", False),
    ],
)
def test_a_text_in_a_file_is_fetched_and_read(hear, sender, files, name, stopped) -> None:
    row = hear("", text_urls=(f"{files}/{name}",))
    assert inbound.texts_due()
    assert not silent(sender)

    assert inbound.fetch_texts() == 1

    row.refresh_from_db()
    assert row.text == "Hello there" or stopped
    assert row.fetch_at is None
    assert silent(sender) is stopped
    assert not inbound.texts_due()
    assert inbound.fetch_texts() == 0
    assert len(Files.asked) == 1


@pytest.mark.parametrize("name", ["page.txt", "picture.txt", "bytes.txt", "long.txt"])
def test_what_is_no_short_text_is_asked_for_once(hear, sender, files, name) -> None:
    row = hear("", text_urls=(f"{files}/{name}",))

    fetch_until_done(row)

    assert (row.text, len(Files.asked)) == ("", 1)
    assert not silent(sender)


@pytest.mark.parametrize("name", ["late.txt", "broken.txt"])
def test_a_file_that_is_not_there_is_asked_for_a_few_times(hear, files, name) -> None:
    row = hear("", text_urls=(f"{files}/{name}",))

    fetch_until_done(row)

    assert len(Files.asked) == len(PAUSES)
    assert row.text == ""


def test_news_that_is_read_again_has_its_text_fetched_again(hear, sender, files, monkeypatch) -> None:
    row = hear("", provider_ref="t-1", text_urls=(f"{files}/late.txt",))
    fetch_until_done(row)
    monkeypatch.setitem(ANSWERS, "late.txt", ANSWERS["stop.txt"])

    assert hear("", provider_ref="t-1", text_urls=(f"{files}/late.txt",)) == row
    row.refresh_from_db()
    fetch_until_done(row)

    assert silent(sender)


def test_a_try_puts_the_next_one_off(hear, files) -> None:
    row = hear("", text_urls=(f"{files}/late.txt",))

    inbound.fetch_texts()

    row.refresh_from_db()
    assert (row.fetch_attempts, inbound.texts_due()) == (1, False)
    assert row.fetch_at is not None
    assert row.fetch_at > timezone.now()


def test_a_file_in_a_private_network_is_never_fetched(hear, files, settings) -> None:
    settings.ALLOW_PRIVATE_TARGETS = frozenset()
    row = hear("", text_urls=(f"{files}/stop.txt", "http://169.254.169.254/stop.txt"))

    fetch_until_done(row)

    assert (row.fetch_attempts, Files.asked) == (1, [])


def test_a_stop_in_a_slow_file_does_not_undo_a_later_start(hear, sender, files) -> None:
    row = hear("", at=0, text_urls=(f"{files}/stop.txt",))
    hear("START", at=60, received=60)

    fetch_until_done(row)

    assert row.action == "stop"
    assert not silent(sender)


def test_a_file_does_not_repeat_what_has_had_its_effect(hear, sender, files) -> None:
    consent.opt_out(ANN, sender, source=OptOut.Source.HANDSET, evidence="STOP", now=NOW)
    row = hear("", action=Action.START, text_urls=(f"{files}/hello.txt",))
    assert not silent(sender)
    consent.opt_out(ANN, sender, source=OptOut.Source.PERSON, evidence="By letter", now=timezone.now())

    fetch_until_done(row)

    assert silent(sender)


def test_a_text_beside_a_file_is_kept(hear, files) -> None:
    row = hear("First", text_urls=(f"{files}/hello.txt",))

    fetch_until_done(row)

    assert row.text == "First\nHello there"


def test_the_task_that_beats_fetches(hear, sender, files) -> None:
    hear("", text_urls=(f"{files}/stop.txt",))

    tasks.fetch_texts()

    assert silent(sender)


# Each provider's own examples of what handsets send: the address of ours, what it is, and what it asks for.
EXAMPLES = {
    "webex/inbound-mms.json": ("70707", "mms", ""),
    "telesign/inbound-mms.json": ("70707", "mms", ""),
    "telesign/inbound-sms-stop.json": ("70707", "sms", "stop"),
    "sinch/postback-n401-inbound.json": ("+18445550117", "mms", ""),
    "sinch/postback-n401-inbound-minimal.json": ("72404", "mms", ""),
    "sinch/postback-n401-inbound-group.json": ("+18445550117", "mms", ""),
    "skycore/postback-n401-inbound-mms.xml": ("72404", "mms", ""),
    "skycore/postback-n401-inbound-mms-nested.xml": ("72404", "mms", ""),
    "skycore/postback-n211-inbound-sms-stop.xml": ("72404", "sms", "stop"),
    "skycore/postback-n302-unsubscribed.xml": ("72404", "subscription", "stop"),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_each_provider_sends_is_kept_for_its_sender(db, example) -> None:
    address, kind, action = EXAMPLES[example]
    provider = example.partition("/")[0]
    account = ProviderAccount.objects.create(name="Any", provider=provider)
    ours = Sender.objects.create(address=address, kind="short_code", account=account)
    body = PAYLOADS.joinpath(provider, "payloads", example.partition("/")[2]).read_bytes()
    row = ReceiptInbox.objects.create(
        account=account, received_at=NOW, method="POST", body=body, digest="x", next_attempt_at=NOW
    )

    (fact,) = registry.provider(provider).client.receipts(body)
    assert isinstance(fact, Inbound)
    kept = inbound.keep(row, fact, NOW)

    assert (kept.sender, kept.kind, kept.action) == (ours, kind, action)
    assert re.fullmatch(r"\+1\d{10}", kept.number)
    assert silent(ours, kept.number) is (action == "stop")
    assert inbound.keep(row, fact, NOW) == kept
