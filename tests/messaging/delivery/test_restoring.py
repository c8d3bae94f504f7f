"""After a restore nothing that may have left already leaves again."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from messaging import delivery, pauses
from messaging.delivery import restoring
from messaging.delivery.claiming import claim
from messaging.models import ProviderAccount, SendingPause

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_due_is_shown_as_unknown_and_never_claimed_again(queued, account):
    rows = queued("+14165550100", "+14165550101", "+14165550102").transactions
    claimed = claim(account, 1)[0].transaction
    later = rows.exclude(pk=claimed.pk).first()
    rows.filter(pk=later.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))

    call_command("restored")
    assert claim(account, 5) == []
    call_command("restored", "--lost-at", timezone.now().isoformat())
    call_command("restored", "--release")
    delivery.sweep()

    assert sorted(rows.values_list("status", flat=True)) == ["queued", "unknown", "unknown"]
    assert rows.get(status="queued") == later
    assert claim(account, 5) == []
    assert not SendingPause.running().exists()


def test_what_was_paused_for_another_reason_stays_so(account, sender_admin):
    ProviderAccount.objects.update(paused_at=timezone.now(), paused_reason="Refused by the provider.")

    assert (restoring.hold(), restoring.let_go()) == (True, True)
    assert ProviderAccount.objects.exclude(paused_at=None).exists()
    pauses.pause_all(sender_admin, "The offer was wrong.")

    assert (restoring.hold(), restoring.let_go()) == (False, False)
    assert SendingPause.running().get().reason == "The offer was wrong."


def test_the_hold_is_told_on_every_page_and_ended_there_as_well(client, sender_admin, account):
    client.force_login(sender_admin)
    restoring.hold()
    assert "Held: the database was restored from a backup." in client.get("/").content.decode()

    client.post("/sending/resume/")

    assert not SendingPause.running().exists()
    assert restoring.let_go() is False


def test_nothing_is_closed_while_sending_is_not_paused(account):
    with pytest.raises(RuntimeError):
        restoring.close_unclear(timezone.now())


def test_a_time_that_is_none_is_refused(account):
    with pytest.raises(CommandError, match="--lost-at"):
        call_command("restored", "--lost-at", "yesterday")
