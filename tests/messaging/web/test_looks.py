from datetime import UTC, datetime, timedelta

import pytest

from messaging.web.looks import ago

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "words"), [(-5, "just now"), (59, "just now"), (60, "1\xa0minute ago")])
def test_what_was_a_moment_ago_is_not_counted_in_noughts(seconds, words) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words
