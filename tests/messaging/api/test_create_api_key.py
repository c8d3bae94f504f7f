"""manage.py create_api_key and rotate_api_key"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from messaging.models import ApiKey

pytestmark = pytest.mark.django_db


def test_the_printed_key_works_and_is_stored_as_a_digest_only(sender) -> None:
    out = StringIO()
    call_command("create_api_key", "Shop", "--scopes", "senders:read", "--senders", "34343", stdout=out)
    whole = out.getvalue().split()[1]
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, list(key.senders.all())) == ("Shop", ["senders:read"], [sender])
    assert whole.removeprefix(f"mms_live_{key.prefix}_") not in str(vars(key))
    assert key.jwt_secret in out.getvalue()
    assert APIClient().get("/api/v1/senders", headers={"key": whole}).status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["Shop", "--scopes", "everything"],
        ["Shop", "--scopes", "senders:read", "--senders", "99999"],
        [" ", "--scopes", "senders:read"],
    ],
)
def test_mistakes_make_no_key(arguments) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_key", *arguments, stdout=StringIO())
    assert not ApiKey.objects.exists()


def test_a_test_key_says_what_it_is(sender) -> None:
    out = StringIO()
    call_command("create_api_key", "Trying out", "--scopes", "senders:read", "--test", stdout=out)
    whole, key = out.getvalue().split()[1], ApiKey.objects.get()
    assert (whole.startswith(f"mms_test_{key.prefix}_"), len(whole), key.test) == (True, 61, True)
    client = APIClient()
    assert client.get("/api/v1/senders", headers={"key": whole}).status_code == 200
    assert client.get("/api/v1/senders", headers={"key": whole.replace("test", "live")}).status_code == 401


def test_a_rotated_key_works_beside_the_old_one_for_as_long_as_was_said(issued_key) -> None:
    key, old, _jwt_secret = issued_key
    out = StringIO()
    call_command("rotate_api_key", key.prefix, "--keep-hours", "2", stdout=out)
    new, client = out.getvalue().split()[1], APIClient()
    assert {client.get("/api/v1/senders", headers={"key": one}).status_code for one in (old, new)} == {200}
    ApiKey.objects.update(previous_until=timezone.now())
    assert [client.get("/api/v1/senders", headers={"key": one}).status_code for one in (old, new)] == [401, 200]
    call_command("rotate_api_key", key.prefix, "--keep-hours", "0", stdout=StringIO())
    assert client.get("/api/v1/senders", headers={"key": new}).status_code == 401


@pytest.mark.parametrize(
    "arguments", [["00000000"], ["{prefix}", "--keep-hours", "-1"], ["{prefix}", "--keep-hours", "721"]]
)
def test_mistakes_rotate_nothing(issued_key, arguments) -> None:
    with pytest.raises(CommandError):
        call_command(
            "rotate_api_key", *(one.format(prefix=issued_key[0].prefix) for one in arguments), stdout=StringIO()
        )
    assert ApiKey.objects.get().digest == issued_key[0].digest


def test_a_revoked_key_is_not_rotated(issued_key) -> None:
    ApiKey.objects.update(revoked_at=timezone.now())
    with pytest.raises(CommandError, match="revoked"):
        call_command("rotate_api_key", issued_key[0].prefix, stdout=StringIO())
