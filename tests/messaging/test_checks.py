"""What `check --deploy` finds."""

from messaging.checks import check_deployment


def test_an_embedded_portal_is_told_what_it_lacks_for_the_open_network(settings):
    settings.FAILPOINT = "after_wire"
    settings.ALLOW_PRIVATE_TARGETS = frozenset({"127.0.0.1:8001"})
    settings.PUBLIC_BASE_URL = settings.MEDIA_PUBLIC_BASE_URL = "http://127.0.0.1:8000"

    found = {message.id for message in check_deployment()}

    assert found >= {"messaging.E001", "messaging.E002", "messaging.E003"}


def test_a_safe_portal_passes(settings, monkeypatch):
    settings.FAILPOINT = ""
    settings.ALLOW_PRIVATE_TARGETS = frozenset()
    settings.PUBLIC_BASE_URL = settings.MEDIA_PUBLIC_BASE_URL = "https://mms.example.org"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")

    assert check_deployment() == []
