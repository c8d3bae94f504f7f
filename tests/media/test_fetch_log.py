"""The log of fetches is written beside the answers, and an address that was just asked for is not looked up again."""

from datetime import timedelta
from time import monotonic, sleep

from django.db import OperationalError
from django.utils import timezone

from media import fetch_log, links, served, uploads
from media.models import MediaFetch, PublicLink


def note(link: int, status: int = 200) -> None:
    fetch_log.note(link, method="GET", status=status, size=1, client="x\x00")


def test_a_thread_writes_what_gathers_without_what_was_cleared_away(transactional_db, asset, settings):
    settings.MEDIA_LOG_SECONDS = 0.05
    links.address(asset, "account:1")
    link = PublicLink.objects.get()
    for number in (link.pk, link.pk + 1, link.pk):
        note(number)
    assert not MediaFetch.objects.exists()
    ends = monotonic() + 10
    while MediaFetch.objects.count() < 2 and monotonic() < ends:
        sleep(0.02)
    assert [(row.link_id, row.client) for row in MediaFetch.objects.all()] == [(link.pk, "x")] * 2


def test_while_the_database_is_away_the_log_waits_in_its_order_and_in_bounds(asset, settings, monkeypatch):
    def away(_rows: object) -> None:
        raise OperationalError

    links.address(asset, "account:1")
    link = PublicLink.objects.get().pk
    monkeypatch.setattr(fetch_log, "MOST_WAITING", 3)
    with monkeypatch.context() as patched:
        patched.setattr(fetch_log, "_write", away)
        for status in (200, 206, 304, 404):
            note(link, status)
        assert not fetch_log.flush()
    assert fetch_log.flush()
    assert [row.status for row in MediaFetch.objects.order_by("pk")] == [200, 206, 304]


def test_an_address_that_was_just_asked_for_is_known(
    client, make_asset, settings, django_assert_num_queries, monkeypatch
):
    settings.MEDIA_KNOWN_SECONDS = 60.0
    asset = make_asset(expires_at=timezone.now() + timedelta(hours=1))
    assert client.get(asset.public_path).status_code == 200
    with django_assert_num_queries(0):
        assert client.get(asset.public_path).status_code == 200
    in_two_hours = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: in_two_hours)
    assert client.get(asset.public_path).status_code == 410
    monkeypatch.undo()
    uploads.purge(asset)
    monkeypatch.setattr(served, "monotonic", lambda: monotonic() + 61)
    assert client.get(asset.public_path).status_code == 404


def test_guesses_are_not_remembered(client, db, settings):
    settings.MEDIA_KNOWN_SECONDS = 60.0
    before = dict(served._known)
    assert client.get("/m/AAAAAAAAAAAAAAAAAAAAAA/x.png").status_code == 404
    assert served._known == before
