"""Tags, compression and few members: what spares the line, and what stays as it was."""

import gzip
import json

import pytest
from django.test import Client

from media import uploads
from messaging.api.answering import written
from messaging.api.schemas import COMPONENTS
from messaging.models import Message
from tests.media.samples import png

pytestmark = pytest.mark.django_db
CODES = "/api/v1/codes"


def test_what_has_not_changed_is_not_sent_again(client, message):
    url = f"/api/v1/messages/{message.pk}"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["RateLimit-Policy"] == first["RateLimit-Policy"]
    assert again["RateLimit"]
    # The caller may keep it, no cache on the way may.
    assert first["Cache-Control"] == again["Cache-Control"] == "private, no-store"

    Message.objects.update(name="Another name")
    changed = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_tag_holds_for_compressed_answers_too(client, sender):
    first = client.get(CODES, headers={"Accept-Encoding": "gzip"})

    assert first["ETag"].startswith('W/"')
    assert client.get(CODES, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_tag_tells_nothing_without_a_key_or_of_a_refusal(client, message):
    url = f"/api/v1/messages/{message.pk}"
    tag = client.get(url)["ETag"]
    client.credentials()

    answer = client.get(url, headers={"If-None-Match": tag})
    assert answer.status_code == 401
    assert "ETag" not in answer


def test_long_answers_are_compressed_for_who_can_read_that(client, sender):
    plain = client.get(CODES)
    packed = client.get(CODES, headers={"Accept-Encoding": "gzip"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 4
    assert int(packed["Content-Length"]) == len(packed.content)
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in plain


def test_the_length_of_a_compressed_answer_tells_nothing(client, sender):
    lengths = {len(client.get(CODES, headers={"Accept-Encoding": "gzip"}).content) for _turn in range(20)}

    assert len(lengths) > 1


def test_short_answers_pages_and_the_media_host_are_left_alone(client, sender, settings):
    settings.MEDIA_PUBLIC_BASE_URL = "http://testserver"
    asset = uploads.store(png(400, 400), name="a.png", owner="user:1")
    for path in ("/api/v1/senders", "/api/v1/docs", asset.public_path):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        assert "Content-Encoding" not in answer, path


@pytest.mark.parametrize("path", ["nothing", "v1/nothing", "v2/messages", "v1/messages/x/y", "v1/media/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_problem_in_every_mode(refused, settings, path, method):
    settings.DEBUG = True
    client = Client(enforce_csrf_checks=True)

    (error,) = refused(getattr(client, method)(f"/api/{path}"), 404, "not_found")
    assert error["fix"]


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ({"method": "PUT", "path": "/api/v1/messages"}, 405),
        ({"method": "POST", "path": "/api/v1/messages", "data": "a=1", "content_type": "text/plain"}, 415),
        ({"method": "GET", "path": "/api/v1/messages", "headers": {"Accept": "text/html"}}, 406),
    ],
)
def test_what_a_framework_refuses_says_how_to_mend_it(client, refused, call, status):
    headers = {"key": client._credentials["HTTP_KEY"], **call.pop("headers", {})}
    answer = Client(headers=headers).generic(call.pop("method"), call.pop("path"), **call)

    assert all(error["fix"] for error in refused(answer, status))
    if status == 405:
        assert "GET" in answer["Allow"]


def test_few_members_can_be_asked_for_in_a_list_and_of_one(client, message):
    assert client.get("/api/v1/messages?fields=id").json()["results"] == [{"id": str(message.pk)}]
    one = client.get(f"/api/v1/messages/{message.pk}?fields=counts,id").json()
    assert one == {"id": str(message.pk), "counts": {"queued": 1}}
    row = message.transactions.get()
    assert client.get(f"/api/v1/transactions/{row.pk}?fields=status").json() == {"status": "queued"}


def test_what_nobody_asked_for_is_not_looked_up(client, message, django_assert_max_num_queries):
    row = message.transactions.get()
    client.get(f"/api/v1/transactions/{row.pk}")
    with django_assert_max_num_queries(2):
        client.get(f"/api/v1/transactions/{row.pk}?fields=status,id")


@pytest.mark.parametrize("fields", ["", "secret", "id,,to", "id,digest", "api_key"])
@pytest.mark.parametrize("path", ["messages", "transactions", "senders", "templates", "codes", "opt-outs"])
def test_an_unknown_member_is_refused_with_the_known_ones(client, sender, refused, path, fields):
    (error,) = refused(client.get(f"/api/v1/{path}?fields={fields}"), 400, "unknown_member")

    assert error["pointer"] == "fields"
    assert "Known: " in error["fix"]


def test_without_fields_every_documented_member_is_there(client, message, sender):
    """The published document lets `fields` leave members out; nothing else may."""
    rows = {
        "Message": client.get("/api/v1/messages").json()["results"][0],
        "WholeMessage": client.get(f"/api/v1/messages/{message.pk}").json(),
        "Transaction": client.get("/api/v1/transactions").json()["results"][0],
        "WholeTransaction": client.get(f"/api/v1/transactions/{message.transactions.get().pk}").json(),
        "Sender": client.get(f"/api/v1/senders/{sender.pk}").json(),
        "Code": client.get(CODES).json()["results"][0],
    }
    for name, row in rows.items():
        assert set(row) == set(COMPONENTS[name]["properties"]), name


def test_repeated_fields_are_one(client, message):
    assert json.loads(client.get("/api/v1/messages?fields=id,id").content)["results"] == [{"id": str(message.pk)}]


def test_an_iterator_is_written_as_the_list_it_would_be():
    members = {
        "id": "1",
        "rows": iter([{"to": f"Añn {number}"} for number in range(2_001)]),
        "none": iter([]),
        "all": [],
    }

    whole = json.loads(written(members))

    assert (len(whole["rows"]), whole["rows"][-1], whole["none"], whole["all"]) == (2_001, {"to": "Añn 2000"}, [], [])
