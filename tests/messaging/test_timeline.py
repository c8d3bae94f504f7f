"""The story of a transaction, worded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import timeline
from messaging.models import TimelineEntry
from messaging.statuses import Status
from messaging.timeline_words import WORDS

pytestmark = pytest.mark.django_db


def test_a_kind_that_a_newer_release_wrote_is_shown_all_the_same(transaction):
    timeline.append([timeline.entry(transaction, "handed_over", now=timezone.now())])

    assert timeline.story(transaction)[0].title == "Handed over"


def told(transaction, *entries) -> list[tuple[str, str]]:
    """Title and text of what comes after the first entry, oldest first."""
    timeline.append(entries)
    return [(moment.title, moment.text) for moment in timeline.story(transaction)[::-1]][1:]


@pytest.fixture
def delivered(transaction):
    more = {"state": Status.DELIVERED, "source": TimelineEntry.Source.PROVIDER}
    return timeline.entry(transaction, "receipt", now=timezone.now(), key="1", **more)


@pytest.mark.parametrize("code", ["timed_out", "answer_unreadable", "", "in_no_table"])
def test_a_call_without_a_clear_answer_that_receipts_overtook_leaves_nothing_unknown(transaction, delivered, code):
    unclear = timeline.entry(transaction, "unknown", now=timezone.now(), state=Status.UNKNOWN, code=code)

    (first, _text), (title, text) = told(transaction, delivered, unclear)

    assert (first, title) == ("Delivered", "No clear answer to the call")
    assert text.count("Its receipts had told by then") == 1
    assert (len(text) > len(WORDS["unanswered"].text)) == (code in ("timed_out", "answer_unreadable"))


def test_a_call_without_a_clear_answer_says_so_until_a_receipt_tells(transaction, delivered):
    unclear = timeline.entry(transaction, "unknown", now=delivered.at, state=Status.UNKNOWN, code="timed_out")
    delivered.at += timedelta(seconds=1)

    (title, text), (last, _text) = told(transaction, unclear, delivered)

    assert (title, last) == ("Outcome unknown", "Delivered")
    assert "receipts had told" not in text


def test_receipts_that_waited_for_the_end_of_a_broken_call_are_not_late_and_leave_nothing_unknown(
    transaction, delivered
):
    """A provider that is told no reference of ours: its receipts are matched once the call is given up."""
    unclear = timeline.entry(transaction, "unknown", now=delivered.at, state=Status.UNKNOWN, code="timed_out")
    unclear.at = unclear.received_at = delivered.at + timedelta(seconds=30)
    timeline.append([unclear])
    timeline.append([delivered])

    last, before, _queued = timeline.story(transaction)

    assert (last.title, before.title, before.late) == ("No clear answer to the call", "Delivered", False)


def test_a_receipt_that_came_after_newer_news_is_late(transaction, delivered):
    delivered.received_at += timedelta(minutes=5)
    newer = timeline.entry(transaction, "clicked", now=delivered.at + timedelta(minutes=1))
    timeline.append([newer])
    timeline.append([delivered])

    assert [moment.late for moment in timeline.story(transaction)] == [False, True, False]
