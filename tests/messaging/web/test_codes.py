"""The page of codes: complete, searched on the server, and told about what nobody knows yet."""

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging import meanings, portal_codes
from messaging.gateway import registry
from messaging.gateway.codes import Where
from messaging.models import ProviderCode
from messaging.web.codes import MOST, every_row, search

CODES = reverse("web:codes")
HOME = reverse("web:dashboard")


@pytest.fixture
def explained(db) -> ProviderCode:
    now = timezone.now()
    return ProviderCode.objects.create(
        provider="webex",
        where="receipt",
        code="E999x",
        meaning="The phone was on the moon.",
        next_step="Wait.",
        state="failed",
        whose="recipient",
        first_seen_at=now,
        last_seen_at=now,
        mapped_at=now,
    )


def found(text: str, **more: str) -> list[str]:
    return [f"{row.provider} {row.code.code}" for row in search(text, **more)]


def test_every_code_of_every_table_and_every_mapped_one_is_there(explained) -> None:
    listed = {(row.provider, row.code.where, row.code.code) for row in every_row()}
    for name in registry.names():
        assert {(name, *key) for key in registry.provider(name).codes} <= listed
    assert {("portal", *key) for key in portal_codes.CODES} <= listed
    assert ("webex", Where.RECEIPT, "E999x") in listed


def test_every_row_can_be_shown(db) -> None:
    for row in every_row():
        words, level = row.what
        assert words
        assert level in {"", "ok", "info", "warn", "err"}
        assert all((row.where, row.whose, row.does, row.retry))


@pytest.mark.parametrize(
    ("text", "more", "some"),
    [
        ("7208", {}, "webex 7208"),
        ("  7208 ", {}, "webex 7208"),
        ("MOON phone", {}, "webex E999x"),
        ("webex connect 7500", {}, "webex 7500"),
        ("https_required", {}, "portal https_required"),
        ("", {"provider": "webex", "where": "answer"}, "webex 7101"),
    ],
)
def test_words_and_filters_find_a_code(explained, text, more, some) -> None:
    assert some in found(text, **more)


def test_what_does_not_hold_every_word_is_left_out(explained) -> None:
    assert found("moon sun") == []
    assert found("moon", provider="sinch") == []
    assert found("moon", where="answer") == []
    assert all(row.startswith("webex ") for row in found("", provider="webex"))


def test_the_code_that_was_typed_whole_comes_first(db) -> None:
    assert found("7102")[0] == "webex 7102"


def test_any_staff_may_read_it(client, make_user) -> None:
    client.force_login(make_user("nobody"))
    answer = client.get(CODES, {"q": "7208"})
    assert answer.status_code == 200
    assert "could not be delivered in time" in answer.content.decode()


def test_people_who_are_no_staff_may_not(client, make_user) -> None:
    user = make_user("eve")
    user.is_staff = False
    user.save()
    client.force_login(user)
    assert client.get(CODES).status_code == 403


@pytest.mark.parametrize(
    "query", [{"q": "\x00"}, {"q": "x" * 500}, {"provider": "nobody"}, {"where": "elsewhere"}, {"q": "%' --"}]
)
def test_odd_filters_are_answered_in_words(client, viewer, query) -> None:
    client.force_login(viewer)
    assert client.get(CODES, query).status_code == 200


def test_what_is_typed_is_shown_escaped(client, viewer) -> None:
    client.force_login(viewer)
    text = client.get(CODES, {"q": '"><script>'}).content.decode()
    assert "<script>&" not in text
    assert "&quot;&gt;&lt;script&gt;" in text
    assert "No code matches" in text


def test_a_long_list_is_cut_and_says_so(client, viewer, monkeypatch) -> None:
    client.force_login(viewer)
    monkeypatch.setattr("messaging.web.codes.MOST", 3)
    answer = client.get(CODES)
    assert len(answer.context["rows"]) == 3 < answer.context["number"]
    assert "the first 3 are shown" in answer.content.decode()
    assert MOST <= 300


def test_the_page_costs_few_queries(client, composer, explained, django_assert_max_num_queries) -> None:
    client.force_login(composer)
    with django_assert_max_num_queries(7):
        client.get(CODES)


def test_an_unknown_code_is_told_to_those_who_may_explain_it(client, sender_admin, viewer) -> None:
    meanings.note_unknown("webex", Where.RECEIPT, "E999x", "<b>odd</b>", timezone.now())
    words = "Webex Connect sent a code we do not know: E999x"
    client.force_login(sender_admin)
    for page in (CODES, HOME):
        text = client.get(page).content.decode()
        assert words in text
        assert "&lt;b&gt;odd" in text
    badge = "leading-[18px]"
    index = client.get(reverse("admin:index")).content.decode()
    assert badge in index
    client.force_login(viewer)
    text = client.get(HOME).content.decode()
    assert words not in text
    assert badge not in text


def test_more_unknown_codes_than_banners_lead_to_the_list(client, sender_admin) -> None:
    client.force_login(sender_admin)
    for number in range(3):
        meanings.note_unknown("webex", Where.RECEIPT, f"E99{number}x", "", timezone.now())
    assert "There are more" not in client.get(HOME).content.decode()
    meanings.note_unknown("webex", Where.RECEIPT, "E993x", "", timezone.now())
    text = client.get(HOME).content.decode()
    assert text.count("sent a code we do not know") == 3
    assert f'<a href="{reverse("admin:messaging_providercode_changelist")}">There are more.</a>' in text


def test_the_banner_goes_once_the_code_is_explained(client, sender_admin, explained) -> None:
    client.force_login(sender_admin)
    text = client.get(HOME).content.decode()
    assert "a code we do not know" not in text
    assert "leading-[18px]" not in text


def test_the_timeline_leads_to_the_meaning_of_its_codes(client, viewer, make_message) -> None:
    message = make_message(["failed"])
    client.force_login(viewer)
    text = client.get(reverse("web:transaction", args=[message.transactions.get().pk])).content.decode()
    assert f'href="{CODES}?q=7552"' in text
