"""The story of a transaction, worded."""

import pytest
from django.utils import timezone

from messaging import timeline

pytestmark = pytest.mark.django_db


def test_a_kind_that_a_newer_release_wrote_is_shown_all_the_same(transaction):
    timeline.append([timeline.entry(transaction, "handed_over", now=timezone.now())])

    assert timeline.story(transaction)[0].title == "Handed over"
