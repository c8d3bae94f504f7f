"""Each documented error code that a request can earn is earned by a request; the others say why none can."""

import json
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from messaging import consent
from messaging.api import limits
from messaging.api.buckets import Buckets
from messaging.models import ApiKey, Message, OptOut
from messaging.providers.sinch.server.errors import TEXTS as SINCH
from messaging.providers.skycore.server.errors import TEXTS as SKYCORE
from messaging.providers.telesign.server.wordings import ANSWERS as TELESIGN
from messaging.providers.webex.server.errors import TEXTS as WEBEX
from tests.media import samples
from tests.messaging.compat import calls
from tests.messaging.compat.calls import HOST, drop, put
from tests.messaging.compat.conftest import Internet, xml

pytestmark = pytest.mark.django_db

AWAY, ABROAD = "10.9.8.0/24", "442079460018"
LONG = "x" * 5001
KINDS = {"image": "jpg", "audio": "mp3", "video": "mp4", "contact": "vcf", "calendar": "ics", "pdf": "pdf"}
TAGS = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO", "contact": "VCARD", "calendar": "ICAL", "pdf": "PDF"}
PLACES = {"image": 1, "audio": 2, "video": 3, "contact": 5, "calendar": 6, "pdf": 7}


def one_medium(kind: str, name: str) -> Any:
    """A Sinch slide with a single file."""
    return put([{kind: {"url": f"{HOST}/{name}"}}], "slide")


def one_tag(kind: str, name: str) -> Any:
    """A Skycore slide with a single file."""
    return put([{TAGS[kind]: {"URL": f"{HOST}/{name}"}}], "SLIDE")


def slide(*kinds: str) -> Any:
    return put([{kind: {"url": f"{HOST}/a.{KINDS[kind]}"} for kind in kinds}], "slide")


def tags(*kinds: str) -> Any:
    return put([{TAGS[kind]: {"URL": f"{HOST}/a.{KINDS[kind]}"} for kind in kinds}], "SLIDE")


BY_BODY: list[tuple[str, str, Any]] = [
    ("webex", "7000", b"{not json"),
    ("webex", "7003", drop("content")),
    ("webex", "7004", put("sms", "channel")),
    ("webex", "7004", put("x" * 101, "to", 0, "correlationId")),
    ("webex", "7004", put("nul\x00", "callbackData")),
    ("webex", "7004", put("https://elsewhere.example.org/news", "notifyUrl")),
    ("webex", "7004", put(f"{HOST}/gone.jpg", "content", "attachments", 0, "mediaUrl")),
    ("webex", "7009", put([{"msisdn": [f"+1647555{n:04d}" for n in range(1001)]}], "to")),
    ("webex", "7022", put("x" * 300_000, "callbackData")),
    ("webex", "7101", put("72404", "from")),
    ("webex", "7102", put(["12"], "to", 0, "msisdn")),
    ("webex", "7102", put([f"+{ABROAD}"], "to", 0, "msisdn")),
    ("webex", "7107", put(LONG, "content", "attachments", 0, "messageText")),
    ("webex", "7108", lambda call: call.update(template={"id": "none"}, content=None)),
    ("webex", "7126", put("fax", "content", "attachments", 0, "type")),
    ("webex", "7126", put("excel", "content", "attachments", 0, "type")),
    ("telesign", "3102", put("ADV", "message_type")),
    ("telesign", "3103", put("x" * 101, "external_id")),
    ("telesign", "3104", put("sleep", "account_lifecycle_event")),
    ("telesign", "3105", put("nowhere", "originating_ip")),
    ("telesign", "3106", put("", "callback_url")),
    ("telesign", "3110", b"{not json"),
    ("telesign", "3113", put([{"channel": "mms"}, {"channel": "mms"}], "channels")),
    ("telesign", "3116", put("x" * 11_000, "message", "sms", "parameters", "text")),
    ("telesign", "3300", drop("channels")),
    ("telesign", "3301", put([{}], "channels")),
    ("telesign", "3302", drop("phone_number")),
    ("telesign", "3303", drop("message")),
    ("telesign", "3304", drop("message_type")),
    ("telesign", "3203", put("https://elsewhere.example.org/news", "callback_url")),
    ("sinch", "E100", drop("action")),
    ("sinch", "E107", put("recall", "action")),
    ("sinch", "E108", b"{not json"),
    ("sinch", "E110", put("12", "to")),
    ("sinch", "E111", put("72404", "from")),
    ("sinch", "E115", put("x" * 51, "from-mask")),
    ("sinch", "E223", slide("contact", "pdf")),
    ("sinch", "E224", slide("image", "pdf")),
    ("sinch", "E225", put([{"message-text": "Hi"}] * 9, "slide")),
    ("sinch", "E226", slide("audio", "video")),
    ("sinch", "E227", slide("video", "image")),
    ("sinch", "E228", put("x" * 81, "message-subject")),
    ("sinch", "E241", lambda call: call.update({"action": "sendsavedmms", "mms-id": "1"})),
    ("sinch", "E311", put("savemms", "action")),
    ("sinch", "E312", drop("slide")),
    ("sinch", "E313", put([{}], "slide")),
    ("sinch", "E334", put(LONG, "slide", 0, "message-text")),
    ("sinch", "E617", put("tomorrow", "fallback-sms-link-expiration")),
    ("sinch", "E620", put("sendsavedmms", "action")),
    ("sinch", "E622", drop("fallback-sms-text")),
    ("sinch", "E628", put(ABROAD, "to")),
    ("sinch", "E629", one_medium("image", "text.jpg")),
    ("sinch", "E629", one_medium("calendar", "a.pdf")),
    ("sinch", "E229", put("nul\x00", "message-subject")),
    ("skycore", "E100", b"no document at all"),
    ("skycore", "E107", put("recallMMS", "ACTION")),
    ("skycore", "E108", b"<REQUEST><ACTION>"),
    ("skycore", "E110", put("12", "TO")),
    ("skycore", "E111", put("72404", "FROM")),
    ("skycore", "E223", tags("contact", "pdf")),
    ("skycore", "E224", tags("image", "pdf")),
    ("skycore", "E225", put([{"TEXT": "Hi"}] * 9, "SLIDE")),
    ("skycore", "E226", tags("audio", "video")),
    ("skycore", "E227", tags("video", "image")),
    ("skycore", "E228", put("x" * 81, "SUBJECT")),
    ("skycore", "E230", put("99", "SLIDE", 0, "DURATION")),
    ("skycore", "E241", lambda call: call.update({"ACTION": "sendSavedMMS", "MMSID": "1"})),
    ("skycore", "E311", drop("NAME")),
    ("skycore", "E312", drop("SLIDE")),
    ("skycore", "E313", put([{"TEXT": ""}], "SLIDE")),
    ("skycore", "E334", put(LONG, "SLIDE", 0, "TEXT")),
    ("skycore", "E617", put("tomorrow", "MMSLINK_EXPIRATION_DATE")),
    ("skycore", "E620", put("sendSavedMMS", "ACTION")),
    ("skycore", "E622", drop("SUBJECT")),
    ("skycore", "E625", lambda call: call.update({"ACTION": "sendSavedMMS", "MMSID": "x"})),
    ("skycore", "E628", put("12", "OPERATORID")),
    ("skycore", "E628", put(ABROAD, "TO")),
    ("skycore", "E629", one_tag("image", "text.jpg")),
    *(("sinch", f"E33{digit}", one_medium(kind, f"huge.{KINDS[kind]}")) for kind, digit in PLACES.items()),
    *(("sinch", f"E35{digit}", one_medium(kind, f"gone.{KINDS[kind]}")) for kind, digit in PLACES.items()),
    *(("skycore", f"E33{digit}", one_tag(kind, f"huge.{KINDS[kind]}")) for kind, digit in PLACES.items()),
    *(("skycore", f"E35{digit}", one_tag(kind, f"gone.{KINDS[kind]}")) for kind, digit in PLACES.items()),
    ("sinch", "E341", one_medium("image", "broken.jpg")),
    ("sinch", "E343", one_medium("video", "broken.mp4")),
    ("skycore", "E341", one_tag("image", "broken.jpg")),
    ("skycore", "E343", one_tag("video", "broken.mp4")),
]
OF_A_CHANNEL: list[tuple[str, Any]] = [
    ("3101", put("12", "phone_number")),
    ("3115", put(ABROAD, "phone_number")),
    ("3305", put({}, "message", "mms", "parameters")),
    ("3035", put(f"{HOST}/gone.jpg", "message", "mms", "parameters", "url")),
    ("3061", put(f"{HOST}/huge.jpg", "message", "mms", "parameters", "url")),
    ("3202", put([{"channel": "mms"}], "channels")),
]
# Told by a status alone, or by who calls, or by what we know of the recipient: below, each in a test of its own.
BY_CALLER = {
    "webex": {"7020", "7127"},
    "telesign": {"3204", "3311", "3400", "3405", "3409", "3411", "3412", "3500", "-10004"},
    "sinch": {"E104", "E105", "E112", "E113", "E114", "E503"},
    "skycore": {"E104", "E105", "E112", "E113", "E114", "E229", "E338", "E358", "E503", "E621"},
}
# Why no request can earn them here.
NEVER = {
    "webex": {
        "7001": "a key that does not hold is a bare 401",
        "7002": "so is none at all",
        "7005": "no member says until when a request holds",
        "7006": "a fault of ours is a bare 500",
        "7007": "a service that is off is a key that is revoked",
        "7016": "nothing of ours is unknown",
        "7104": "no member names an app",
        "7200": "of receipts only",
    },
    "telesign": {
        "3406": "a key that is revoked is unknown",
        "3408": "so it is",
        "3410": "any customer ID will do",
        "3413": "there is one host",
        "3206": "every key has it",
        **dict.fromkeys(
            ("10000", "10002", "10003", "10004", "10005", "10006", "10007", "10008"), "of a sister product; here 3400"
        ),
    },
    "sinch": {
        "E103": "a key that is revoked is unknown",
        "E106": "calls have no interval",
        "E109": "every key has it",
        "E120": "there is no limit of requests but the rate",
        **dict.fromkeys(("E212", "E213", "E214"), "of lists, which there are none of"),
        "E230": "no member for it",
        "E314": "an account may ask for subjects; none of ours does",
        **dict.fromkeys(("E338", "E358"), "no member for passes"),
        **dict.fromkeys(("E618", "E619", "E650", "E651"), "carriers are looked up on sending"),
        "E626": "what is kept is ready at once",
        "E627": "any service-id will do",
        **dict.fromkeys(("E713", "E715", "E718", "E721"), "nothing is billed, and campaigns are the account's"),
        "E999": "of receipts only",
    },
    "skycore": {
        **dict.fromkeys(("E101", "E102"), "E100 and E104 say so"),
        "E103": "a key that is revoked is unknown",
        "E106": "calls have no interval",
        "E109": "every key has it",
        "E120": "there is no limit of requests but the rate",
        **dict.fromkeys(("E201", "E301", "E302", "E303", "E304"), "of other actions"),
        "E314": "the fallback text stands in for it",
        **dict.fromkeys(("E618", "E619", "E650", "E651"), "carriers are looked up on sending"),
        "E626": "what is kept is ready at once",
        "E627": "of the JSON API",
        **dict.fromkeys(("E713", "E715", "E718", "E721"), "nothing is billed, and campaigns are the account's"),
    },
}
TABLES = {"webex": WEBEX, "telesign": TELESIGN, "sinch": SINCH, "skycore": SKYCORE}


@pytest.fixture(autouse=True)
def _world(internet: Internet, sender) -> None:
    internet.files |= {
        "/text.jpg": b"this is only text\n" * 10,
        "/broken.jpg": samples.jpeg()[:200],
        "/broken.mp4": samples.film()[:-400],
    }


def code_of(provider: str, answer: Any) -> str:
    if provider == "skycore":
        return xml(answer.content).get("ERRORCODE", "")
    said = json.loads(answer.content)
    if provider == "telesign":
        return str(said["status"]["code"])
    return str(said.get("code" if provider == "webex" else "error-code", ""))


@pytest.mark.parametrize("provider", calls.GOOD)
def test_the_call_that_is_spoiled_below_is_good(provider: str, post, service_key: str) -> None:
    answer = post(provider, calls.body(provider, service_key))
    assert Message.objects.count() == 1, answer.content


@pytest.mark.parametrize(
    ("provider", "code", "change"), BY_BODY, ids=[f"{row[0]}-{row[1]}-{n}" for n, row in enumerate(BY_BODY)]
)
def test_a_code_is_earned_by_a_request(provider: str, code: str, change: Any, post, service_key: str) -> None:
    spoiled = change if isinstance(change, bytes) else calls.body(provider, service_key, change)
    answer = post(provider, spoiled)
    assert code_of(provider, answer) == code, answer.content
    assert not Message.objects.exists()


@pytest.mark.parametrize("provider", TABLES)
def test_every_code_of_the_tables_is_earned_or_says_why_not(provider: str) -> None:
    by_body = {code for name, code, _change in BY_BODY if name == provider}
    never = set(NEVER[provider])
    assert by_body | BY_CALLER[provider] | never == set(TABLES[provider])
    assert not (by_body | BY_CALLER[provider]) & never


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", "7127"), ("telesign", "3409"), ("sinch", "E112"), ("skycore", "E112")]
)
def test_a_key_from_elsewhere(provider: str, code: str, post, service_key: str, key: ApiKey) -> None:
    ApiKey.objects.update(source_cidrs=[AWAY])
    assert code_of(provider, post(provider, calls.body(provider, service_key))) == code
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", "7020"), ("telesign", "3204"), ("sinch", "E113"), ("skycore", "E113")]
)
def test_a_key_that_calls_too_often(provider: str, code: str, post, service_key: str, key, monkeypatch) -> None:
    standing = Buckets(None, lambda: 1000.0)
    monkeypatch.setattr(limits, "buckets", lambda: standing)
    while limits.take(key).allowed:
        pass
    answer = post(provider, calls.body(provider, service_key))
    assert code_of(provider, answer) == code
    assert answer.status_code == (429 if provider in ("webex", "telesign") else 200)


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", 401), ("telesign", "3411"), ("sinch", "E104"), ("skycore", "E104")]
)
@pytest.mark.parametrize("what", ["wrong", "revoked", "expired"])
def test_a_key_that_does_not_hold(what: str, provider: str, code: Any, post, service_key: str, key: ApiKey) -> None:
    now = timezone.now()
    if what == "wrong":
        ApiKey.objects.update(digest="0" * 64)
    else:
        ApiKey.objects.update(**{"revoked_at" if what == "revoked" else "expires_at": now})
    answer = post(provider, calls.body(provider, service_key))
    assert (answer.status_code if code == 401 else code_of(provider, answer)) == code


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", 401), ("telesign", "3400"), ("sinch", "E105"), ("skycore", "E105")]
)
def test_a_key_that_may_not_send(provider: str, code: Any, post, service_key: str, key: ApiKey) -> None:
    ApiKey.objects.update(scopes=["messages:read"])
    answer = post(provider, calls.body(provider, service_key))
    assert (answer.status_code if code == 401 else code_of(provider, answer)) == code
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", "7102"), ("telesign", "3046"), ("sinch", "E114"), ("skycore", "E114")]
)
def test_a_recipient_who_said_stop(provider: str, code: str, post, service_key: str, sender) -> None:
    consent.opt_out("+16475550100", sender, source=OptOut.Source.HANDSET, evidence="STOP", now=timezone.now())
    assert code_of(provider, post(provider, calls.body(provider, service_key))) == code


@pytest.mark.parametrize(
    ("provider", "code"), [("webex", 500), ("telesign", "3500"), ("sinch", "E503"), ("skycore", "E503")]
)
def test_a_storage_that_is_away(provider: str, code: Any, post, service_key: str, tmp_path, settings) -> None:
    (tmp_path / "file").write_bytes(b"")
    default_storage.location = str(tmp_path / "file" / "below")
    answer = post(provider, calls.body(provider, service_key))
    assert (answer.status_code if code == 500 else code_of(provider, answer)) == code
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("headers", "code"),
    [({"authorization": ""}, "3405"), ({"authorization": "Bearer x"}, "3412"), ({"authorization": "TSA x"}, "3412")],
)
def test_headers_of_telesign(headers: dict[str, str], code: str, post, service_key: str) -> None:
    answer = post("telesign", calls.body("telesign", service_key), **headers)
    assert (answer.status_code, code_of("telesign", answer)) == (401, code)


@pytest.mark.parametrize(("ref", "code"), [("x", "3311"), ("0" * 32, "-10004")])
def test_references_of_telesign(ref: str, code: str, ask) -> None:
    assert code_of("telesign", ask("telesign", ref)) == code


@pytest.mark.parametrize(("code", "change"), OF_A_CHANNEL)
def test_what_telesign_says_of_a_channel(code: str, change: Any, post, service_key: str) -> None:
    """Under HTTP 200, at once: there is no callback for a message that never was."""
    answer = post("telesign", calls.body("telesign", service_key, change))
    assert (answer.status_code, code_of("telesign", answer)) == (200, code)
    assert not Message.objects.exists()


@pytest.mark.parametrize(("code", "name"), [("E338", "huge.pkpass"), ("E358", "gone.pkpass")])
def test_passes_of_skycore(code: str, name: str, post, service_key: str, sender) -> None:
    sender.account.provider = "skycore"
    sender.account.save()
    spoiled = put([{"PASSBOOK": {"URL": f"{HOST}/{name}"}}], "SLIDE")
    assert code_of("skycore", post("skycore", calls.body("skycore", service_key, spoiled))) == code


def test_what_no_row_can_hold(client, service_key: str) -> None:
    query = f"action=sendmms&api_key={service_key}&to=16475550100&from=34343&name=a&subject=b%00&slide_text_value_0=Hi"
    assert code_of("skycore", client.get(f"/compat/skycore/API/wxml/1.3/index.php?{query}")) == "E229"


def test_a_stored_content_without_a_recipient(post, service_key: str) -> None:
    stored = xml(post("skycore", calls.body("skycore", service_key, put("saveMMS", "ACTION"))).content)["MMSID"]
    sent = calls.body(
        "skycore", service_key, lambda call: (call.update(ACTION="sendSavedMMS", MMSID=stored), call.pop("TO"))
    )
    assert code_of("skycore", post("skycore", sent)) == "E621"


@pytest.mark.parametrize(
    ("provider", "path", "status"),
    [
        ("webex", "v2/elsewhere", 404),
        ("telesign", "v1/elsewhere", 404),
        ("sinch", "ep/v3", 404),
        ("skycore", "API/wxml/1.4/index.php", 404),
        ("nobody", "v2/messages", 404),
    ],
)
def test_other_paths(provider: str, path: str, status: int, client) -> None:
    assert client.post(f"/compat/{provider}/{path}").status_code == status


@pytest.mark.parametrize(("provider", "path"), [("webex", "v2/messages"), ("telesign", "v1/omnichannel")])
def test_other_verbs(provider: str, path: str, client) -> None:
    answer = client.put(f"/compat/{provider}/{path}")
    assert (answer.status_code, answer.content) == (405, b"")
