"""Rows of reliability, section 5, that need a real connection, or a view from outside: 7, 11, 19, 24, 26 and 30.

The other rows to 30 stand in test_parsing (1 to 10), test_send (11 to 14, 16, 26 to 28, 30), test_lists (15, 22),
test_idempotency (17), test_authentication (18 to 21, 23, 24), test_limits (25) and test_choosing (29).
"""

import json
import socket
from collections.abc import Iterator
from http.client import parse_headers
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from messaging.api.parsing import LARGEST_BODY

LIST = "/api/v1/messages"


@pytest.fixture
def line(live_server, issued_key, sender) -> Iterator[socket.socket]:
    """A connection to the real server, over which the head of a POST with a good key has gone out but for its end."""
    where = urlsplit(live_server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connected:
        head = (
            f"POST {LIST} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        )
        connected.sendall(f"{head}key: {issued_key[1]}\r\n".encode())
        yield connected


def answer(line: socket.socket) -> tuple[int, dict]:
    with line.makefile("rb") as file:
        status = int(file.readline().split()[1])
        headers = parse_headers(file)
        return status, json.loads(file.read(int(headers["Content-Length"])))


@pytest.mark.django_db(transaction=True)
def test_a_huge_body_is_refused_by_its_declared_length_before_any_of_it_is_sent(line):
    line.sendall(b"Content-Length: 10000000000\r\n\r\n")

    status, problem = answer(line)

    assert (status, problem["code"], problem["errors"][0]["limit"]) == (413, "too_large", LARGEST_BODY)


@pytest.mark.django_db(transaction=True)
def test_a_body_of_no_declared_length_is_not_read(line):
    line.sendall(b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n')

    status, problem = answer(line)

    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (411, "length_required", "Content-Length")


@pytest.mark.django_db
def test_one_number_fifty_times_is_sent_to_once(send):
    answered = send(to=["+16475550142"] * 50).json()

    assert len(answered["transactions"]) == 1
    assert [one["pointer"] for one in answered["findings"]] == [f"/to/{index}" for index in range(1, 50)]


@pytest.mark.django_db
def test_a_token_signed_with_a_key_pair_of_the_callers_own_is_refused(client, key, refused):
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode({"iss": key.prefix, "iat": 1_900_000_000}, pair, algorithm="RS256")

    refused(client.get(LIST, headers={"Authorization": f"Bearer {token}"}), 401)


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded"])
def test_what_a_caller_says_of_a_proxy_changes_no_address_of_ours(client, send, header):
    send()
    send()
    value = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "99"}.get(header, "evil.example.com")

    page = client.get(f"{LIST}?limit=1", headers={header: value}).json()

    assert page["next"].startswith("http://testserver/api/v1/messages?")


@pytest.mark.django_db
def test_a_subject_is_counted_by_its_code_points(send, refused):
    def subject(marks: int) -> dict:
        return {"subject": "e\u0301" * marks, "slides": [{"text": "a"}], "fallback": {"text": "a"}}

    assert send(content=subject(40)).status_code == 201
    (error,) = refused(send(content=subject(41)), 422, "subject_too_long")
    assert (error["limit"], error["actual"]) == (80, 82)


@pytest.mark.django_db
def test_long_values_of_ten_thousand_people_are_measured_for_each(send, refused):
    people = [{"msisdn": f"+1416{5_000_000 + n}", "substitutions": {"a": "x" * (n % 40)}} for n in range(5_000)]
    people[4_321]["substitutions"] = {"a": "x" * 5_001}

    errors = refused(send(to=people, content={"slides": [{"text": "$(a)"}], "fallback": {"text": "a"}}), 422)

    (error,) = [one for one in errors if one["code"] == "text_too_long"]
    assert (error["pointer"], error["actual"]) == ("/content/slides/0/text", 5_001)
