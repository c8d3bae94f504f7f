"""The rows of stored contents: who stores, who waits, and what the provider's news change."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from messaging import saved_contents
from messaging.content import Content, FallbackSms, Slide
from messaging.gateway.contract import Saved
from messaging.gateway.errors import NotAccepted, Refused
from messaging.gateway.facts import SavedNews
from messaging.models import SavedContent, Transaction
from messaging.saved_contents import Step, take

pytestmark = pytest.mark.django_db
OFFER = Content("Offer", "Offer", (Slide("Hello from the shop"),), FallbackSms("Hello"))


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def test_of_many_askers_one_saves(account, now):
    steps = [take(account, OFFER, now).step for _asker in range(4)]

    assert steps == [Step.SAVE, Step.WAIT, Step.WAIT, Step.WAIT]


def test_whoever_lost_the_lease_changes_nothing(account, now):
    lost = take(account, OFFER, now)
    later = now + saved_contents.LEASE
    mine = take(account, OFFER, later)

    saved_contents.stored(lost, Saved("old", ready=True), later)
    assert SavedContent.objects.get().provider_ref == ""
    saved_contents.stored(mine, Saved("new", ready=True), later)

    assert take(account, OFFER, later) == saved_contents.Shelf(mine.identity, Step.SEND, "new")


def test_a_save_that_was_put_off_is_not_repeated_at_once(account, now):
    shelf = take(account, OFFER, now)
    saved_contents.not_stored(shelf, NotAccepted("E618", retry_after=30), now)

    assert take(account, OFFER, now + timedelta(seconds=29)).step is Step.WAIT
    assert take(account, OFFER, now + timedelta(seconds=31)).step is Step.SAVE


def test_a_save_that_is_given_back_is_free_and_one_that_somebody_else_has_is_not(account, now):
    lost = take(account, OFFER, now)
    later = now + saved_contents.LEASE
    mine = take(account, OFFER, later)

    saved_contents.give_back([lost], later)
    assert take(account, OFFER, later).step is Step.WAIT
    saved_contents.give_back([mine], later)
    assert take(account, OFFER, later).step is Step.SAVE


def test_a_refused_content_is_offered_again_some_time_later(account, now):
    saved_contents.not_stored(take(account, OFFER, now), Refused("E341", "corrupt"), now)

    with pytest.raises(Refused, match="E341"):
        take(account, OFFER, now)
    assert take(account, OFFER, now + saved_contents.REFUSED_FOR).step is Step.SAVE


@pytest.mark.parametrize("order", [(True, False), (False, True), (False, True, False, True)])
def test_what_was_once_of_no_use_stays_so_in_any_order_of_news(account, now, order):
    saved_contents.stored(take(account, OFFER, now), Saved("s-1", ready=False), now)

    for ready in order:
        assert saved_contents.hear(account, SavedNews("s-1", ready, "N003" if ready else "E003"), now)

    assert SavedContent.objects.get().state == "failed"


def test_news_that_overtakes_the_answer_waits_for_it(account, now):
    assert not saved_contents.hear(account, SavedNews("s-1", True, "N003"), now)
    assert not saved_contents.hear(account, SavedNews("", True, "N003"), now)


def test_news_wakes_only_what_waits_about_now(account, queued, now):
    saved_contents.stored(take(account, OFFER, now), Saved("s-1", ready=False), now)
    soon, much_later = queued("+14165550100").transactions.get(), queued("+14165550101").transactions.get()
    scheduled = queued("+14165550104", send_at=now + timedelta(seconds=30)).transactions.get()
    Transaction.objects.filter(pk=soon.pk).update(next_attempt_at=now + timedelta(seconds=50))
    Transaction.objects.filter(pk=much_later.pk).update(next_attempt_at=now + timedelta(minutes=10))

    saved_contents.hear(account, SavedNews("s-1", True, "N003"), now)

    due = Transaction.objects.filter(next_attempt_at__lte=now).values_list("pk", flat=True)
    assert list(due) == [soon.pk]
    assert Transaction.objects.get(pk=scheduled.pk).status == "scheduled"


def test_contents_with_another_picture_or_text_are_others(account):
    others = [Content("Offer", "Offer", (Slide("Hello"),)), Content("Offer", "Offer", (Slide("Hello", 6),)), OFFER]

    assert len({saved_contents.digest(one) for one in others}) == 3
