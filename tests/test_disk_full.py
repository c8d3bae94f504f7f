"""What the doors say while a disk has no room for what is sent to them."""

import errno
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client, RequestFactory

from messaging.models import issue_key
from mmsportal.errors import server_error


def full(*_more: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.django_db
def test_an_upload_that_finds_no_room_is_503_and_says_when_to_try_again(client: Client, monkeypatch):
    key = issue_key(name="Test", scopes=["media:write"])[1]
    client.raise_request_exception = False
    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    film = SimpleUploadedFile("film.mp4", b"\0" * 3_000_000)

    answer = client.post("/api/v1/media", {"file": film}, headers={"key": key})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["code"] == "busy"


def test_another_fault_of_a_file_is_still_500():
    try:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError:
        answer = server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
