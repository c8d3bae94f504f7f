"""manage.py create_api_key"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
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
