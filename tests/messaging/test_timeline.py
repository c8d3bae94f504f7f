"""The story of a transaction, worded."""

import pytest
from django.utils import timezone

from messaging import timeline
from messaging.statuses import Status

pytestmark = pytest.mark.django_db


def test_a_kind_that_a_newer_release_wrote_is_shown_all_the_same(transaction):
    timeline.append([timeline.entry(transaction, "handed_over", now=timezone.now())])

    assert timeline.story(transaction)[0].title == "Handed over"


def test_a_broken_call_that_receipts_overtook_leaves_nothing_unknown(transaction):
    now = timezone.now()
    broken = timeline.entry(transaction, "unknown", now=now, state=Status.UNKNOWN, code="timeout")
    timeline.append([timeline.entry(transaction, "receipt", now=now, key="1", state=Status.DELIVERED), broken])

    assert [moment.title for moment in timeline.story(transaction)] == ["No answer to the call", "Delivered", "Queued"]


def test_a_broken_call_that_nobody_overtook_says_that_its_outcome_is_unknown(transaction):
    now = timezone.now()
    broken = timeline.entry(transaction, "unknown", now=now, state=Status.UNKNOWN, code="timeout")
    timeline.append([broken, timeline.entry(transaction, "receipt", now=now, key="1", state=Status.DELIVERED)])

    assert [moment.title for moment in timeline.story(transaction)] == ["Delivered", "Outcome unknown", "Queued"]
