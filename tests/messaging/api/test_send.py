"""Sending: the good way, the dry run, and rows 11 to 16 and 26 to 30 of reliability, section 5."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image

from media.uploads import store
from messaging import callbacks, pauses
from messaging.models import ApiKey, Message, ProviderAccount, Sender, Template, Transaction, issue_key
from messaging.models.templates import Part, Slide

pytestmark = pytest.mark.django_db


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 32), "teal").save(file, "PNG")
    return file.getvalue()


def content(**slide) -> dict:
    return {"subject": "Hello", "slides": [{"text": "Hello", **slide}], "fallback": {"text": "Hello"}}


def test_a_send_answers_with_one_transaction_for_each_recipient(send, key, shop) -> None:
    response = send(
        to=[{"msisdn": "+1 (647) 555-0142", "correlation_id": "order-1881"}, "+16475550143"],
        purpose="transactional",
        callback_data="campaign=118",
        requested_receipts=["DELIVERED", "READ"],
        notify_url="https://shop.example.com/news",
        validity=3600,
    )
    assert response.status_code == 201, response.content
    answer = response.json()
    message = Message.objects.get(pk=answer["id"])
    assert (message.api_key, message.source, message.purpose) == (key, "api", "transactional")
    assert (message.expire_at - message.created_at) / timedelta(seconds=1) == pytest.approx(3600, abs=5)
    assert [(row["to"], row["status"], row["correlation_id"]) for row in answer["transactions"]] == [
        ("+16475550142", "queued", "order-1881"),
        ("+16475550143", "queued", ""),
    ]
    assert {row["id"] for row in answer["transactions"]} == {str(row.pk) for row in message.transactions.all()}


def test_the_same_number_twice_is_sent_to_once_and_said(send) -> None:
    answer = send(to=["+16475550142", "647-555-0142", "+16475550143"]).json()
    assert [row["to"] for row in answer["transactions"]] == ["+16475550142", "+16475550143"]
    assert ("recipient_repeated", "/to/1") in [(one["code"], one["pointer"]) for one in answer["findings"]]


def test_a_dry_run_says_everything_and_sends_nothing(send) -> None:
    response = send(dry_run=True, to=["+16475550142", "+16475550142"], content=content(duration=0))
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer["ok"] is False
    assert "/content/slides/0/duration" in [one["pointer"] for one in answer["findings"]]
    assert answer["recipients"] == {"accepted": 1, "held_back": [{"pointer": "/to/1", "code": "recipient_repeated"}]}
    (route,) = answer["routing"]
    assert (route["provider"], route["sender"], route["eligible"]) == ("webex", "34343", False)
    assert not Message.objects.exists()


def test_the_routing_is_kept_with_the_message_as_it_was_told(send, client) -> None:
    sent = send().json()
    assert sent["routing"]
    assert client.get(f"/api/v1/messages/{sent['id']}").json()["routing"] == sent["routing"]


def test_a_dry_run_refuses_what_the_send_refuses(send, refused) -> None:
    refused(send(dry_run=True, **{"from": "99999"}), 403, "sender_not_allowed")
    refused(send(dry_run=True, to=["nobody"]), 400)


def test_a_message_that_breaks_a_rule_is_422_with_each_finding(send, refused) -> None:
    errors = refused(send(content={"subject": "x" * 81, "slides": [], "fallback": {}}), 422)
    found = {error["code"]: error for error in errors}
    assert found["subject_too_long"]["limit"] == 80
    assert found["subject_too_long"]["actual"] == 81
    assert found["slides_missing"]["provider_codes"] == {"webex": "7004"}
    assert all(error["fix"] for error in errors)


@pytest.mark.parametrize(("count", "limit"), [(0, 1), (100_001, 100_000)])
def test_nobody_and_too_many_are_refused(send, refused, count, limit) -> None:
    (error,) = refused(send(to=[f"+1647{number:07}" for number in range(2_000_000, 2_000_000 + count)]), 400)
    assert (error["pointer"], error["limit"], error["actual"]) == ("/to", limit, count)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+1 (774) 319-9144", "+17743199144"),
        ("0017743199144", "+17743199144"),
        ("774.319.9144", "+17743199144"),
        ("+١٧٧٤٣١٩٩١٤٤", "+17743199144"),
    ],
)
def test_numbers_are_stored_in_one_spelling(send, written, number) -> None:
    assert send(to=[written]).json()["transactions"][0]["to"] == number


@pytest.mark.parametrize(
    "written", ["", "abc", "+1774CALLNOW", "911", "12345", "+" + "1" * 20, "+17743199144;ext=5", "\u202e", "1" * 500]
)
def test_what_is_no_number_is_refused_at_its_place(send, refused, written) -> None:
    errors = refused(send(to=["+16475550142", {"msisdn": written}]), 400)
    assert {error["pointer"] for error in errors} == {"/to/1/msisdn"}


def test_of_very_many_faults_the_first_are_told_and_their_number(send, refused) -> None:
    *first, last = refused(send(to=[{"msisdn": "911", "state": "x"}] * 10_000), 400, "more_faults")
    assert (last["limit"], last["actual"], len(first)) == (50, 20_000, 50)
    assert first[0]["pointer"] == "/to/0/state"


def test_ten_thousand_recipients_with_values_of_their_own_fit_into_one_request(
    send, django_assert_max_num_queries
) -> None:
    people = [
        {
            "msisdn": f"+1416{5_000_000 + number}",
            "correlation_id": f"order {number} " + "x" * 80,
            "substitutions": {"first": f"Añn {number} " + "y" * 100, "area": "EC1M 4BH"},
        }
        for number in range(10_000)
    ]
    # Some twenty, and two for each thousand of them.
    with django_assert_max_num_queries(40):
        answer = send(to=people, content=content(text="$(first) of $(area)"), headers={"Idempotency-Key": "many"})
    assert answer.status_code == 201, answer.content[:500]
    told = answer.json()["transactions"]
    assert [row["to"] for row in told] == [person["msisdn"] for person in people]
    last = Transaction.objects.get(pk=told[-1]["id"])
    assert (last.position, last.substitutions) == (9_999, people[-1]["substitutions"])
    assert last.timeline.get().kind == "queued"


@pytest.mark.parametrize("number", ["+447400123456", "+18765550101", "+19005550123"])
def test_countries_and_services_out_of_reach_are_refused(send, refused, number) -> None:
    (error,) = refused(send(to=["+16475550142", number]), 422, "country_not_allowed")
    assert error["pointer"] == "/to/1"


def test_of_very_many_numbers_out_of_reach_the_first_are_named_and_all_are_counted(send, refused) -> None:
    numbers = [f"+4474{number:08}" for number in range(500)]
    errors = refused(send(to=["+16475550142", *numbers]), 422, "more_out_of_reach")
    named = [error["pointer"] for error in errors if error["code"] == "country_not_allowed"]
    (more,) = [error for error in errors if error["code"] == "more_out_of_reach"]
    assert (len(named), named[0], more["limit"], more["actual"]) == (50, "/to/1", 50, 500)


def test_a_sender_may_reach_its_own_country(send, account) -> None:
    Sender.objects.create(address="84433", kind="short_code", country="GB", account=account)
    assert send(to=["+447400123456"], **{"from": "84433"}).status_code == 201


def test_a_sender_of_others_and_no_sender_at_all_look_alike(send, sender, key, account, refused) -> None:
    mine = Sender.objects.create(address="55555", kind="short_code", account=account)
    key.senders.add(mine)
    foreign, absent = send(), send(**{"from": "00000"})
    refused(foreign, 403, "sender_not_allowed")
    assert foreign.json() == absent.json()
    assert send(**{"from": "55555"}).status_code == 201


def test_of_two_accounts_with_the_address_the_working_one_is_taken(send, sender, account) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(paused_at=timezone.now(), paused_reason="refused")
    spare = ProviderAccount.objects.create(name="Webex CA", provider="webex", base_url="http://127.0.0.1:9/webex")
    Sender.objects.create(address=sender.address, kind="short_code", account=spare)
    assert Transaction.objects.get(pk=send().json()["transactions"][0]["id"]).account == spare


@pytest.mark.parametrize("asked", [{}, {"from": "any"}, {"to": [f"+1647555{n:04d}" for n in range(101)]}])
def test_while_all_sending_is_paused_a_message_is_told_that_it_waits(send, sender, sender_admin, asked) -> None:
    assert [one["code"] for one in send(**asked).json()["findings"]] == []
    pauses.pause_all(sender_admin, "A wrong price.")

    answer = send(**asked)

    assert answer.status_code == 201
    assert [(one["code"], one["severity"]) for one in answer.json()["findings"]] == [("sending_paused", "advises")]
    tried = send(dry_run=True, **asked).json()
    assert (tried["ok"], [one["code"] for one in tried["findings"]]) == (True, ["sending_paused"])


@pytest.mark.parametrize("name", ["status", "api_key", "is_staff", "provider_ref", "From", ""])
def test_fields_that_are_not_known_are_refused(send, refused, name) -> None:
    assert f"/{name}" in [error["pointer"] for error in refused(send(**{name: "x"}), 400, "unknown_field")]


def test_unknown_fields_deeper_down_are_refused_too(send, refused) -> None:
    refused(send(to=[{"msisdn": "+16475550142", "state": "delivered"}]), 400, "unknown_field")
    refused(send(content=content(image={"asset": "1", "sha256": "0"})), 400, "unknown_field")


def test_an_asset_of_the_key_goes_out(send, key) -> None:
    asset = store(picture(), name="teal.png", owner=key.owner_label)
    answer = send(content=content(image={"asset": str(asset.pk)}))
    assert answer.status_code == 201, answer.content
    part = Message.objects.get(pk=answer.json()["id"]).frozen.slides[0].parts[0]
    assert (part.mime_type, part.sha256) == ("image/png", asset.sha256)


@pytest.mark.parametrize("owner", ["key:another", "user:1"])
def test_an_asset_of_others_is_as_unknown_as_none(send, refused, owner) -> None:
    asset = store(picture(), name="teal.png", owner=owner)
    foreign = refused(send(content=content(image={"asset": str(asset.pk)})), 422, "asset_unknown")
    absent = refused(send(content=content(image={"asset": "no such file"})), 422, "asset_unknown")
    assert foreign == absent
    assert foreign[0]["pointer"] == "/content/slides/0/image"


def test_a_template_may_hold_files_of_the_library(send, composer) -> None:
    asset = store(picture(), name="teal.png", owner=f"user:{composer.pk}")
    template = Template.objects.create(name="Spring", subject="Spring", fallback_text="Spring")
    slide = Slide.objects.create(template=template, position=0, text="Hello $(area)")
    Part.objects.create(slide=slide, kind="image", asset=asset)
    response = send(content=..., template=str(template.pk), substitutions={"area": "Queen St"})
    assert response.status_code == 201, response.content
    assert Message.objects.get(pk=response.json()["id"]).frozen.slides[0].parts[0].sha256 == asset.sha256


def test_a_template_that_is_not_there_is_named(send, refused) -> None:
    (error,) = refused(send(content=..., template="01890000-0000-7000-8000-000000000000"), 422, "template_unknown")
    assert error["pointer"] == "/template"
    refused(send(content=..., template="first"), 400)


def test_content_and_template_exclude_each_other(send, refused) -> None:
    refused(send(template="01890000-0000-7000-8000-000000000000"), 400, "content_or_template")
    refused(send(content=...), 400, "content_or_template")


def test_a_value_that_looks_like_a_placeholder_is_left_alone(send) -> None:
    answer = send(
        content={"subject": "$(a)", "slides": [{"text": "{{ 7*7 }} {% now %} $(a)"}], "fallback": {"text": "x"}},
        substitutions={"a": "$(b)", "b": "$(a)"},
    )
    message = Message.objects.get(pk=answer.json()["id"])
    assert message.frozen.substituted(message.substitutions).slides[0].text == "{{ 7*7 }} {% now %} $(b)"


def test_length_is_measured_on_each_recipients_own_text(send, refused) -> None:
    long = {"msisdn": "+16475550143", "substitutions": {"a": "x" * 5001}}
    errors = refused(
        send(to=["+16475550142", long], content=content(text="$(a)"), substitutions={"a": "short"}),
        422,
        "text_too_long",
    )
    assert errors[0]["pointer"] == "/content/slides/0/text"


def test_a_placeholder_without_value_is_refused(send, refused) -> None:
    refused(send(content=content(text="Hello $(area)")), 422, "substitution_missing")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/news",
        "ftp://shop.example.com/",
        "https://user:secret@shop.example.com/",
        "https://shop.example.com:22/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://intranet/",
        "https://shop.example.com/\r\nX: 1",
        "https://shop.example.com\\@127.0.0.1/",
        "https://" + "x" * 2048 + ".example.com/",
        "javascript:alert(1)",
        "news",
    ],
)
def test_news_is_not_sent_just_anywhere(send, refused, url) -> None:
    assert {error["pointer"] for error in refused(send(notify_url=url), 400)} == {"/notify_url"}


def test_a_listed_sandbox_may_be_told_over_http(send, settings, key) -> None:
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:9"})
    callbacks.vouch(callbacks.register(key, "http://127.0.0.1:9/hooks"), now=timezone.now())
    assert send(notify_url="http://127.0.0.1:9/news").status_code == 201


def test_news_goes_to_verified_hosts_of_this_key_only(send, refused, shop) -> None:
    other, _whole, _jwt = issue_key(name="Other", scopes=["messages:send"])
    callbacks.vouch(callbacks.register(other, "https://other.example.com/"), now=timezone.now())
    for url in (
        "https://other.example.com/",
        "https://shop.example.com.evil.example/",
        "https://api.shop.example.com/",
    ):
        (error,) = refused(send(notify_url=url), 400)
        assert (error["pointer"], error["code"]) == ("/notify_url", "endpoint_not_registered")
    callbacks.switch_off(shop)
    (error,) = refused(send(notify_url="https://shop.example.com/any"), 400)
    assert (error["code"], str(shop.pk) in error["fix"]) == ("endpoint_not_active", True)
    callbacks.vouch(shop, now=timezone.now())
    assert send(notify_url="https://SHOP.example.com/any?order=7").status_code == 201
    assert Message.objects.get().endpoint == shop


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"send_at": "2020-01-01T00:00:00Z"}, "/send_at"),
        ({"send_at": (datetime.now(UTC) + timedelta(days=400)).isoformat()}, "/send_at"),
        ({"send_at": (datetime.now(UTC) + timedelta(days=1)).replace(tzinfo=None).isoformat()}, "/send_at"),
        ({"send_at": "tomorrow"}, "/send_at"),
        ({"send_at": "9999-12-31T23:59:59-12:00"}, "/send_at"),
        ({"send_at": "2030-02-30T00:00:00Z"}, "/send_at"),
        ({"send_at": 1_900_000_000}, "/send_at"),
        ({"expire_at": "2020-01-01T00:00:00Z"}, "/expire_at"),
        ({"expire_at": (datetime.now(UTC) + timedelta(days=30)).isoformat()}, "/expire_at"),
        (
            {
                "send_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat(),
                "expire_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            },
            "/expire_at",
        ),
        ({"validity": 3600, "expire_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "/validity"),
        ({"validity": 5}, "/validity"),
        ({"validity": 30 * 24 * 3600}, "/validity"),
        ({"callback_data": "x" * 2001}, "/callback_data"),
        ({"requested_receipts": ["SEEN"]}, "/requested_receipts"),
        ({"requested_receipts": ["READ", "READ"]}, "/requested_receipts"),
        ({"purpose": "spam"}, "/purpose"),
        ({"to": [{"msisdn": "+16475550142", "correlation_id": "x" * 101}]}, "/to/0/correlation_id"),
        ({"substitutions": {"not a name": "x"}}, "/substitutions"),
        ({"substitutions": {f"v{number}": "x" for number in range(101)}}, "/substitutions"),
        ({"content": {"slides": [{}] * 51}}, "/content/slides"),
        ({"content": {"slides": [{"text": "x" * 60_001}]}}, "/content"),
        ({"content": {"slides": [{"image": {}}]}}, "/content/slides/0/image"),
        (
            {"content": {"slides": [{"image": {"url": "https://a.example.com/a.png", "asset": "1"}}]}},
            "/content/slides/0/image",
        ),
        ({"content": {"slides": [{"image": {"url": "file:///etc/passwd"}}]}}, "/content/slides/0/image/url"),
        (
            {"content": {"slides": [{"image": {"url": "http://169.254.169.254/a.png", "host": "caller"}}]}},
            "/content/slides/0/image/url",
        ),
        (
            {"content": {"slides": [{"text": "a"}], "fallback": {"link_expires_at": "soon"}}},
            "/content/fallback/link_expires_at",
        ),
    ],
)
def test_members_out_of_bounds_are_refused_at_their_place(send, refused, members, pointer) -> None:
    assert pointer in [error["pointer"] for error in refused(send(**members), 400)]


def test_a_time_with_another_zone_waits_for_its_moment(send) -> None:
    answer = send(send_at=(datetime.now(UTC) + timedelta(hours=3)).isoformat()).json()
    assert answer["transactions"][0]["status"] == "scheduled"


@pytest.mark.parametrize("subject", ["two\r\nlines", "back\u202ewards", "bell\u0007"])
def test_control_characters_in_the_subject_are_refused(send, refused, subject) -> None:
    errors = refused(send(content={"subject": subject, "slides": [{"text": "a"}], "fallback": {"text": "a"}}), 422)
    assert errors[0]["pointer"] == "/content/subject"


def test_emoji_and_combining_marks_travel_unchanged(send) -> None:
    text = "👩‍👩‍👧 e\u0301 ١"
    answer = send(content=content(text=text))
    assert Message.objects.get(pk=answer.json()["id"]).frozen.slides[0].text == text


def test_media_of_the_callers_is_passed_on_as_given(send) -> None:
    url = "https://media.example.com/a.png?token=1"
    answer = send(content=content(image={"url": url, "host": "caller"}))
    assert answer.status_code == 201, answer.content
    assert Message.objects.get(pk=answer.json()["id"]).frozen.slides[0].parts[0].url == url


def test_a_refused_send_leaves_nothing_behind(send) -> None:
    send(content=content(duration=0))
    assert not Message.objects.exists()
    assert not Transaction.objects.exists()


def test_a_key_without_listed_senders_may_use_all(sender) -> None:
    key, _whole, _secret = issue_key(name="Other", scopes=["messages:send"])
    assert list(Sender.objects.for_key(ApiKey.objects.get(pk=key.pk))) == [sender]
