"""Codes that no table has: kept, told once, and known everywhere as soon as an admin has explained them."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from messaging import code_words, meanings, portal_codes
from messaging.code_words import RETRY_WORDS, Retry
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where, Whose
from messaging.models import ProviderCode
from messaging.statuses import Status

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
pytestmark = pytest.mark.django_db


def explained(code: str, where: Where = Where.RECEIPT, **more: object) -> ProviderCode:
    row = ProviderCode(provider="webex", where=where.value, code=code, first_seen_at=NOW, last_seen_at=NOW)
    for name, value in {"meaning": "It rained.", "next_step": "Wait.", "mapped_at": NOW, **more}.items():
        setattr(row, name, value)
    row.save()
    return row


def test_a_code_of_the_providers_table_costs_no_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        found = meanings.explain("webex", Where.RECEIPT, "7500")
    assert found is not None
    assert found.state is Status.DELIVERED


def test_our_own_codes_are_explained_for_every_provider() -> None:
    for name in registry.names():
        found = meanings.explain(name, Where.ANSWER, "https_required")
        assert found is not None
        assert found.outcome is OutcomeClass.CONFIGURATION


def test_nobody_knows_an_unknown_code_or_one_of_a_provider_that_is_gone() -> None:
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is None
    assert meanings.explain("webex", Where.RECEIPT, "") is None
    assert meanings.explain("gone", Where.RECEIPT, "7500") is None


def test_a_mapped_receipt_code_has_a_state_and_no_outcome() -> None:
    explained("E999x", state="failed", outcome="R", whose="recipient")
    assert meanings.explain("webex", Where.RECEIPT, "E999x") == Code(
        "E999x", Where.RECEIPT, "It rained.", Whose.RECIPIENT, "Wait.", state=Status.FAILED
    )
    assert meanings.explain("webex", Where.ANSWER, "E999x") is None


def test_a_mapped_answer_code_has_an_outcome_and_no_state() -> None:
    explained("E999x", Where.ANSWER, outcome="F", state="delivered", whose="sender")
    assert meanings.explain("webex", Where.ANSWER, "E999x") == Code(
        "E999x", Where.ANSWER, "It rained.", Whose.SENDER, "Wait.", outcome=OutcomeClass.FAILED
    )


def test_the_providers_own_table_wins_over_what_an_admin_said() -> None:
    explained("7500", state="failed")
    found = meanings.explain("webex", Where.RECEIPT, "7500")
    assert found is not None
    assert found.state is Status.DELIVERED


def test_a_new_meaning_counts_at_once_and_a_second_question_asks_nothing(django_assert_num_queries) -> None:
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is None
    row = explained("E999x", state="expired")
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is not None
    with django_assert_num_queries(0):
        assert meanings.explain("webex", Where.RECEIPT, "E999x") is not None
    row.delete()
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is None


def test_another_process_learns_of_it_after_some_seconds(monkeypatch) -> None:
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is None
    ProviderCode.objects.bulk_create(
        [
            ProviderCode(
                provider="webex",
                where="receipt",
                code="E999x",
                meaning="It rained.",
                mapped_at=NOW,
                first_seen_at=NOW,
                last_seen_at=NOW,
            )
        ]
    )
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is None
    monkeypatch.setattr(meanings, "REMEMBERED", -1.0)
    assert meanings.explain("webex", Where.RECEIPT, "E999x") is not None


def test_an_unknown_code_is_kept_once_counted_and_told_once(caplog, django_capture_on_commit_callbacks) -> None:
    caplog.set_level(logging.ERROR, logger="messaging.meanings")
    with django_capture_on_commit_callbacks(execute=True):
        meanings.note_unknown("webex", Where.RECEIPT, "E999x", "To 16475550142: never heard of", NOW)
        meanings.note_unknown("webex", Where.RECEIPT, "E999x", "again", LATER)
        meanings.note_unknown("webex", Where.ANSWER, "E999x", "", LATER)
    row = ProviderCode.objects.get(where="receipt")
    assert (row.seen_count, row.first_seen_at, row.last_seen_at) == (2, NOW, LATER)
    assert "16475550142" not in row.sample
    assert row.sample.endswith("never heard of")
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "Webex Connect sent a code we do not know: E999x (receipt)",
        "Webex Connect sent a code we do not know: E999x (answer)",
    ]


def test_no_alarm_for_what_was_rolled_back(caplog, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks():
        meanings.note_unknown("webex", Where.RECEIPT, "E999x", "", NOW)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("E1\n2026 ERROR forged line", "E1 2026 ERROR forged line"),
        ("x\x00y", "x y"),
        ("E1 +16475550142", "E1 +1647***0142"),
        ("9" * 60, "9" * 40),
        ("é" * 60, "é" * 40),
    ],
)
def test_odd_codes_are_kept_as_one_short_line_and_found_again(code, kept) -> None:
    meanings.note_unknown("webex", Where.RECEIPT, code, "\x00\x1b[2J", NOW)
    row = ProviderCode.objects.get()
    assert row.code == kept
    row.meaning, row.mapped_at = "Odd.", NOW
    row.save()
    assert meanings.explain("webex", Where.RECEIPT, code) is not None


@pytest.mark.parametrize("code", ["", "  ", "\x00"])
def test_nothing_is_no_code(code) -> None:
    meanings.note_unknown("webex", Where.RECEIPT, code, "", NOW)
    assert not ProviderCode.objects.exists()


def test_what_waits_is_counted_until_it_is_explained() -> None:
    assert meanings.waiting_count() == 0
    meanings.note_unknown("webex", Where.RECEIPT, "E999x", "", timezone.now())
    assert meanings.waiting_count() == 1
    ProviderCode.objects.get().delete()
    explained("E999y")
    assert meanings.waiting_count() == 0
    assert [code.code for _provider, code in meanings.mapped()] == ["E999y"]


def test_what_follows_is_worded_for_every_code_of_every_provider() -> None:
    rows = [code for name in registry.names() for code in registry.provider(name).codes.values()]
    for code in [*rows, *portal_codes.CODES.values()]:
        assert code_words.does(code).endswith("."), code
        assert RETRY_WORDS[code_words.retry(code)], code


@pytest.mark.parametrize(
    ("outcome", "state", "whose", "wanted"),
    [
        (OutcomeClass.ACCEPTED, None, Whose.NOBODY, Retry.NOT_NEEDED),
        (OutcomeClass.RETRY, None, Whose.PROVIDER, Retry.BY_ITSELF),
        (OutcomeClass.FAILED, None, Whose.SENDER, Retry.AFTER_CHANGE),
        (OutcomeClass.CONFIGURATION, None, Whose.ADMIN, Retry.AFTER_CHANGE),
        (OutcomeClass.BLOCKED, None, Whose.RECIPIENT, Retry.NO),
        (OutcomeClass.UNKNOWN, None, Whose.PROVIDER, Retry.RISKY),
        (None, Status.SUBMITTED, Whose.NOBODY, Retry.NOT_NEEDED),
        (None, Status.DELIVERED, Whose.NOBODY, Retry.NOT_NEEDED),
        (None, Status.EXPIRED, Whose.RECIPIENT, Retry.LATER),
        (None, Status.UNCONFIRMED, Whose.PROVIDER, Retry.RISKY),
        (None, Status.FAILED, Whose.SENDER, Retry.AFTER_CHANGE),
        (None, Status.FAILED, Whose.PROVIDER, Retry.LATER),
        (None, Status.FAILED, Whose.RECIPIENT, Retry.NO),
        (None, None, Whose.PROVIDER, Retry.NOT_NEEDED),
    ],
)
def test_whether_a_retry_helps_follows_from_the_class(outcome, state, whose, wanted) -> None:
    where = Where.ANSWER if outcome else Where.RECEIPT
    assert code_words.retry(Code("1", where, "x", whose, "x", outcome=outcome, state=state)) is wanted
