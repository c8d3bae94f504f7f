"""Conversations: one row for each handset and sender, who sees them, and the thread of one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from messaging import consent
from messaging.models import InboundMessage, OptOut, ProviderAccount, Sender, Transaction
from messaging.web import conversation, conversations

LIST = reverse("web:conversations")
ANN, BOB = "+16475550100", "+16475550142"
START = datetime(2026, 11, 3, 16, 0, tzinfo=UTC)
Hear = Callable[..., InboundMessage]


@pytest.fixture
def hear(sender: Sender) -> Hear:
    def make(text: str = "Hello", *, minutes: float = 0, **more: object) -> InboundMessage:
        at = START + timedelta(minutes=minutes)
        said = {"account": sender.account, "sender": sender, "address": "34343", "number": ANN, "kind": "mms"}
        key = f"{InboundMessage.objects.count()}"
        return InboundMessage.objects.create(
            **{**said, "text": text, "at": at, "received_at": at, "dedupe_key": key, **more}
        )

    return make


@pytest.fixture
def other(sender: Sender) -> Sender:
    return Sender.objects.create(address="70707", kind="short_code", account=sender.account)


@pytest.fixture
def reader(client, composer):
    client.force_login(composer)
    return client


def lines(answer) -> list[str]:
    assert answer.status_code == 200
    return [row.line for row in answer.context["rows"]]


def stop(number: str, sender: Sender | None, **more: object) -> None:
    said = {"source": OptOut.Source.HANDSET, "evidence": "STOP", "now": timezone.now()}
    consent.opt_out(number, sender, **{**said, **more})  # type: ignore[arg-type]


def page(row: InboundMessage) -> str:
    return reverse("web:conversation", args=[row.pk])


def test_there_is_one_row_for_a_handset_and_a_sender_the_newest_first(reader, hear, other) -> None:
    hear("first")
    hear("second", minutes=2)
    hear("to the other", minutes=1, sender=other, address="70707")
    hear("from Bob", minutes=3, number=BOB)
    hear("at the same moment", minutes=3, number=BOB)

    assert lines(reader.get(LIST)) == ["at the same moment", "second", "to the other"]


def test_an_empty_list_says_so(reader, db) -> None:
    assert b"No conversations yet" in reader.get(LIST).content
    assert b"No conversation matches" in reader.get(LIST, {"q": "0142"}).content


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": ANN}, ["Ann"]),
        ({"q": "0142"}, ["Bob"]),
        ({"q": "(647) 555-0142"}, ["Bob"]),
        ({"q": "9999"}, []),
        ({"q": "Ann"}, ["Bob", "Ann"]),
        ({"q": "\0"}, ["Bob", "Ann"]),
        ({"show": "stopped"}, ["Ann"]),
        ({"show": "nonsense"}, ["Bob", "Ann"]),
        ({"sender": "nonsense"}, ["Bob", "Ann"]),
        ({"before": "nonsense"}, ["Bob", "Ann"]),
        ({"before": "0190a0f0-0000-7000-8000-000000000000"}, ["Bob", "Ann"]),
    ],
)
def test_the_list_is_narrowed(reader, hear, sender, query, expected) -> None:
    hear("Ann")
    hear("Bob", minutes=1, number=BOB)
    stop(ANN, sender)

    assert lines(reader.get(LIST, query)) == expected


def test_the_list_is_narrowed_to_a_sender(reader, hear, sender, other) -> None:
    hear("Ann")
    hear("elsewhere", sender=other)

    assert lines(reader.get(LIST, {"sender": str(other.pk)})) == ["elsewhere"]


@pytest.mark.parametrize("everyone", [True, False])
def test_who_opted_out_is_marked(reader, hear, sender, other, everyone) -> None:
    hear("Ann")
    hear("elsewhere", minutes=1, sender=other)
    hear("Bob", minutes=2, number=BOB)
    stop(ANN, None if everyone else sender)
    rows = {row.line: row.silent for row in reader.get(LIST).context["rows"]}

    assert rows == {"Ann": True, "elsewhere": everyone, "Bob": False}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"text": "  two\n lines "}, "two lines"),
        ({"text": "x" * 500}, "x" * conversations.LONGEST_LINE + "…"),
        ({"text": "", "subject": "Re: Sale"}, "Re: Sale"),
        ({"text": "", "media_urls": ["https://files.example.net/a.jpg"]}, "1 file"),
        ({"text": "", "media_urls": ["https://files.example.net/a.jpg"] * 2}, "2 files"),
        (
            {"text": "", "text_urls": ["https://files.example.net/a.txt"], "fetch_at": START},
            "The text is being fetched.",
        ),
        (
            {"text": "", "text_urls": ["https://x.example.net/a.txt"]},
            "The text could not be fetched from the provider.",
        ),
        ({"text": "", "kind": "subscription", "action": "stop"}, "Left the campaign"),
        ({"text": "", "kind": "subscription", "action": "start"}, "Joined the campaign"),
        ({"text": ""}, "No text"),
    ],
)
def test_a_line_says_what_came(reader, hear, said, line) -> None:
    row = hear(**said)

    assert lines(reader.get(LIST)) == [line]
    assert reader.get(page(row)).status_code == 200


def test_the_list_goes_on_where_it_stopped(reader, hear, monkeypatch) -> None:
    monkeypatch.setattr(conversations, "PAGE", 3)
    for number in range(7):
        # Two at each moment: the order must not lose one where a page ends.
        hear(f"{number}", minutes=number // 2, number=f"+1647555{number:04d}")
    seen, address = [], LIST
    while address:
        answer = reader.get(address)
        seen.append(lines(answer))
        address = f"{LIST}{answer.context['older']}" if answer.context["older"] else ""

    assert seen == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_a_sender_of_other_groups_is_not_shown(client, viewer, make_user, hear, other) -> None:
    team = Group.objects.create(name="Team")
    other.allowed_groups.add(team)
    hear("open to all")
    row = hear("for the team", minutes=1, sender=other)
    client.force_login(viewer)
    assert lines(client.get(LIST)) == ["open to all"]
    assert lines(client.get(LIST, {"sender": str(other.pk)})) == ["open to all"]
    assert client.get(page(row)).status_code == 404

    client.force_login(make_user("ted", "Viewer", "Team"))
    assert lines(client.get(LIST)) == ["for the team", "open to all"]
    assert client.get(page(row)).status_code == 200


def test_what_came_to_nobodys_address_is_for_those_who_keep_the_accounts(client, viewer, sender_admin, hear) -> None:
    row = hear("STOP", sender=None, address="999")
    hear("again", minutes=1, sender=None, address="999")
    hear("elsewhere", minutes=2, sender=None, address="998")
    client.force_login(viewer)
    assert lines(client.get(LIST)) == []
    assert client.get(page(row)).status_code == 404

    client.force_login(sender_admin)
    assert lines(client.get(LIST)) == ["elsewhere", "again"]
    said = [saying.text for saying in client.get(page(row)).context["sayings"]]
    assert said == ["STOP", "again"]


def test_numbers_are_masked_for_who_may_not_see_them(client, viewer, hear, sender) -> None:
    row = hear("Call me at 16475550177", media_urls=["https://files.example.net/16475550177.jpg"])
    stop(ANN, sender, evidence="STOP 16475550177")
    client.force_login(viewer)

    for address in (LIST, page(row)):
        content = client.get(address).content.decode()
        assert "+1647***0100" in content
        for number in ("16475550177", "6475550100", "647-555-0100"):
            assert number not in content
    assert lines(client.get(LIST, {"q": "+19995550100"})) == lines(client.get(LIST, {"q": "0100"}))


@pytest.mark.parametrize("before", range(105, 121))
def test_a_number_is_masked_before_a_line_is_cut(client, viewer, hear, before) -> None:
    hear("x" * (before - 1) + " " + BOB)
    client.force_login(viewer)

    (line,) = lines(client.get(LIST))

    assert "4755" not in line


def test_no_address_of_a_page_holds_a_number(reader, hear) -> None:
    row = hear()

    assert "555" not in page(row)
    assert f'href="{page(row)}"' in reader.get(LIST).content.decode()


def test_the_thread_holds_both_sides_by_time(reader, hear, make_message, other, sender) -> None:
    message = make_message(["delivered"], at=START + timedelta(minutes=1), substitutions={"area": "EC1M"})
    make_message(["failed"], at=START + timedelta(minutes=3))
    row = hear("before")
    hear("STOP", minutes=2, action="stop")
    hear("to the other", minutes=2, sender=other)
    hear("from Bob", minutes=2, number=BOB)
    answer = reader.get(page(row))

    said = [(saying.text, saying.look.label if saying.look else "") for saying in answer.context["sayings"]]
    assert said == [("before", ""), ("Hello EC1M", "Delivered as MMS"), ("STOP", ""), ("Hello $(area)", "Failed")]
    content = answer.content.decode()
    assert reverse("web:transaction", args=[message.transactions.get().pk]) in content
    assert "Asked to stop" in content


def test_a_message_that_went_as_sms_is_shown_as_the_sms(reader, hear, make_message) -> None:
    content = {"subject": "Spring", "slides": [{"text": "Slides"}], "fallback": {"text": "In short"}}
    make_message(["sms"], at=START + timedelta(minutes=1), content=content)

    sayings = reader.get(page(hear())).context["sayings"]

    assert [(saying.text, saying.subject, saying.kind) for saying in sayings][1] == ("In short", "", "sms")


def test_files_are_links_and_never_loaded(reader, hear) -> None:
    good = "https://files.example.net/70707/sea%20view.jpg?x=1"
    bad = ["javascript:alert(1)", "data:text/html,x", "ftp://files.example.net/a.jpg", "http://[::1", "", "/a.jpg"]
    answer = reader.get(page(hear("", media_urls=[good, *bad])))

    (saying,) = answer.context["sayings"]
    assert [file.url for file in saying.files] == [good, *[""] * len(bad)]
    assert saying.files[0].name == "sea view.jpg"
    content = answer.content.decode()
    assert f'<a href="{good}" target="_blank" rel="noreferrer noopener external">' in content
    assert "<img" not in content
    assert "javascript:alert" not in content


def test_what_a_handset_writes_is_text(reader, hear) -> None:
    content = reader.get(page(hear("<script>x</script>", subject="<b>y</b>"))).content.decode()

    assert "<script>x" not in content
    assert "<b>y" not in content


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "The handset wrote “STOP”."),
        ({"source": OptOut.Source.PROVIDER, "evidence": "3046"}, "The provider told us: 3046"),
        ({"source": OptOut.Source.PERSON, "evidence": ""}, "Entered by a person: no reason given"),
    ],
)
@pytest.mark.parametrize("everyone", [True, False])
def test_an_opt_out_is_told_above_the_thread(reader, hear, sender, more, words, everyone) -> None:
    row = hear()
    assert b"Opted out" not in reader.get(page(row)).content

    stop(ANN, None if everyone else sender, **more)

    content = reader.get(page(row)).content.decode()
    assert words in content
    assert ("from all our senders" in content) is everyone


def test_a_lifted_opt_out_is_told_no_more(reader, hear, sender) -> None:
    stop(ANN, sender)
    consent.opt_in(ANN, sender, why="START", now=timezone.now())

    assert b"Opted out" not in reader.get(page(hear())).content


def test_a_long_thread_goes_on_where_it_stopped(reader, hear, make_message, monkeypatch) -> None:
    monkeypatch.setattr(conversation, "PAGE", 4)
    row = hear("0")
    for number in range(1, 8):
        # Pairs of one moment: none may fall between two parts.
        hear(f"{number}", minutes=number // 2)
    make_message(at=START + timedelta(minutes=1), content={"slides": [{"text": "ours"}]})
    parts, address = [], page(row)
    while address:
        answer = reader.get(address)
        parts.append([saying.text for saying in answer.context["sayings"]])
        address = f"{page(row)}{answer.context['older']}" if answer.context["older"] else ""

    told = [text for part in reversed(parts) for text in part]
    assert sorted(told) == [*"01234567", "ours"]
    assert told.index("ours") in (2, 3, 4)
    assert all(len(part) <= 4 for part in parts)


@pytest.mark.parametrize("before", ["nonsense", "2026-11-03T16:00:00", "9999-12-31T23:59:59-14:00", "\0", "0" * 400])
def test_a_cursor_that_makes_no_sense_shows_the_latest(reader, hear, before) -> None:
    answer = reader.get(page(hear()), {"before": before})

    assert [saying.text for saying in answer.context["sayings"]] == ["Hello"]


def test_nobody_gets_in_without_the_right(client, make_user, hear) -> None:
    row = hear()
    assert client.get(LIST).status_code == client.get(page(row)).status_code == 302
    client.force_login(make_user("nobody"))
    assert client.get(LIST).status_code == client.get(page(row)).status_code == 403


def test_both_pages_cost_the_same_however_much_was_said(
    reader, hear, sender, make_message, django_assert_max_num_queries
) -> None:
    row = hear()
    make_message()
    stop(ANN, sender)

    def look(most: int) -> tuple[int, int]:
        with django_assert_max_num_queries(most) as listed:
            reader.get(LIST)
        with django_assert_max_num_queries(most) as told:
            reader.get(page(row))
        return len(listed), len(told)

    few = look(12)
    elsewhere = ProviderAccount.objects.create(name="Elsewhere", provider="webex")
    for number in range(6):
        hear(minutes=number)
        hear(number=f"+1416555{number:04d}")
        hear(number=BOB, sender=Sender.objects.create(address=f"5000{number}", kind="short_code", account=elsewhere))
        make_message()
    assert Transaction.objects.count() == 7
    assert look(max(few)) == few
