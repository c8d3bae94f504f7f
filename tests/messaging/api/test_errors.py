"""Whatever goes wrong, the answer has one form."""

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import OperationalError
from rest_framework import exceptions

from messaging.api.codes import Codes
from messaging.api.errors import problem_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(client, monkeypatch):
    """GET /codes, failing with an error of the test's choice."""

    def get(error: Exception):
        def fail(*_args, **_more):
            raise error

        monkeypatch.setattr(Codes, "get", fail)
        client.raise_request_exception = False
        return client.get("/api/v1/codes")

    return get


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RequestDataTooBig("large"), 413),
        (SuspiciousOperation("odd"), 400),
        (RecursionError(), 400),
        ("\ud800".encode, 400),
        (ValidationError("“x” is not a UUID"), 400),
        (OperationalError("database is locked"), 503),
        (ZeroDivisionError("secret detail"), 500),
        (exceptions.Throttled(wait=3), 429),
    ],
)
def test_every_error_is_a_problem(failing, refused, error, status) -> None:
    if callable(error):
        with pytest.raises(UnicodeError) as caught:
            error()
        error = caught.value
    response = failing(error)
    refused(response, status)
    assert b"secret detail" not in response.content
    if status in {429, 503}:
        assert int(response["Retry-After"]) >= 1


def test_nested_faults_of_serializers_get_their_pointers() -> None:
    answer = problem_response(exceptions.ValidationError({"to": [{"msisdn": ["Wrong."]}]}), {})
    assert answer is not None
    assert [error["pointer"] for error in answer.data["errors"]] == ["/to/0/msisdn"]


def test_faults_that_other_rooms_name_are_kept() -> None:
    class Refused(exceptions.APIException):
        status_code = 422
        default_code = "media_refused"
        default_detail = "The file was not taken."
        errors = [{"pointer": "/file", "code": "image_broken", "message": "Broken."}]

    answer = problem_response(Refused(), {})
    assert answer is not None
    assert (answer.data["code"], answer.data["title"]) == ("media_refused", "The file was not taken.")
    assert answer.data["errors"] == [
        {"pointer": "/file", "code": "image_broken", "message": "Broken.", "limit": None, "actual": None, "fix": ""}
    ]
