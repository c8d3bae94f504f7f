"""The pages that say no, and the way home: in the portal's look, the 500 without asking the database anything."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from mmsportal.errors import server_error


def test_a_server_error_needs_no_database() -> None:
    # Without the mark for the database, any question to it would fail this test.
    answer = server_error(RequestFactory().get("/messages/"))
    assert answer.status_code == 500
    assert "The portal could not finish this" in answer.content.decode()
    assert "messaging/portal" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_our_words(composer) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(composer)
    answer = strict.post("/compose/discard/")
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()


def test_a_host_that_is_not_ours_is_refused_in_our_words(client) -> None:
    answer = client.get("/", headers={"host": "elsewhere.example.com"})
    assert answer.status_code == 400
    assert "This request cannot be answered" in answer.content.decode()


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "500"])
def test_every_refusal_leads_back_to_the_portal(page) -> None:
    assert 'href="/"' in render_to_string(f"{page}.html")


def test_the_sign_leads_to_the_dashboard(client, viewer) -> None:
    client.force_login(viewer)
    for page in ("/messages/", "/admin/messaging/sender/"):
        text = client.get(page).content.decode()
        assert '<a href="/" class="bg-primary-600' in text
        assert 'href="/admin/"' not in text
