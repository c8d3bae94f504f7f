"""The door for mends: what a button does, and what it leaves alone."""

import json
import re
from html import unescape

import pytest

from messaging import drafts
from messaging.consent import opt_out
from messaging.content import Slide
from messaging.drafts import start_draft
from messaging.models import Draft, DraftVersion, OptOut, ProviderAccount, Sender
from messaging.slide_rules import Finding, Mend, Severity
from messaging.web.compose_mends import as_typed
from messaging.web.compose_offers import offers
from messaging.web.compose_redrawn import rekeyed
from messaging.web.compose_senders import Way
from tests.messaging.defects import GOOD

CHECK, MEND = "/compose/check/", "/compose/mend/"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def draft(composer) -> Draft:
    return start_draft(composer)


@pytest.fixture
def form(draft, sender) -> dict[str, object]:
    """A message whose subject is too long, as the page posts it."""
    return {
        "draft": str(draft.pk),
        "version": "1",
        "sender": str(sender.pk),
        "recipients": "+16475550142",
        "subject": "Tulips " * 13,
        "slide": ["a"],
        "text-a": "Tulips from 4.90",
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Tulips from 4.90",
        "value-name": [""],
        "value-text": [""],
    }


def buttons(answer, action: str) -> list[str]:
    """The keys of the buttons that do something."""
    return re.findall(rf'data-mend="([\w-]+)" data-action="{action}"', answer.content.decode())


def clicked(page, form, action: str):
    (key, *_others) = buttons(page.post(CHECK, form), action)
    return page.post(MEND, {**form, "version": "2", "mend": key})


def told(answer) -> dict[str, str]:
    """What the page is told to put into its fields, where to go, and what to say."""
    element = re.search(r'<div id="redrawn"[^>]*>', answer.content.decode())
    found = dict(re.findall(r'data-(\w+)="([^"]*)"', unescape(element[0].replace("&quot;", "'")) if element else ""))
    return {**found, "values": json.loads(found["values"].replace("'", '"'))}


def test_a_click_mends_the_saved_draft_and_tells_the_page(page, form, draft):
    answer = clicked(page, form, "shorten")

    draft.refresh_from_db()
    assert len(draft.content["subject"]) <= 80
    assert told(answer)["values"] == {"f-subject": draft.content["subject"]}
    assert told(answer)["focus"] == "f-subject"
    assert told(answer)["said"].startswith("Done: Shorten")
    assert f'value="{draft.version}"' in answer.content.decode()


def test_what_stood_there_before_is_kept(page, form, draft):
    clicked(page, form, "shorten")

    kept = DraftVersion.objects.filter(draft=draft).latest("version")
    assert kept.state["content"]["subject"] == form["subject"]


def test_what_is_typed_meanwhile_is_saved_along(page, form, draft):
    (key, *_others) = buttons(page.post(CHECK, form), "shorten")
    page.post(MEND, {**form, "version": "2", "mend": key, "fallback": "Typed just now"})

    draft.refresh_from_db()
    assert draft.content["fallback"]["text"] == "Typed just now"
    assert len(draft.content["subject"]) <= 80


@pytest.mark.parametrize("key", ["", "0123456789abcdef", "way-01900000-0000-7000-8000-000000000000", "x" * 5000])
def test_a_mend_that_is_not_offered_changes_nothing(page, form, draft, key):
    page.post(CHECK, form)
    answer = page.post(MEND, {**form, "version": "2", "mend": key})

    draft.refresh_from_db()
    assert draft.content["subject"] == form["subject"]
    assert told(answer)["said"].startswith("There is nothing left to mend here")
    assert told(answer)["values"] == {}


def test_a_second_click_on_the_same_button_changes_nothing_more(page, form, draft):
    (key, *_others) = buttons(page.post(CHECK, form), "shorten")
    page.post(MEND, {**form, "version": "2", "mend": key})
    draft.refresh_from_db()
    again = page.post(MEND, {**form, "version": "3", "subject": draft.content["subject"], "mend": key})

    assert told(again)["said"].startswith("There is nothing left")


def test_a_draft_that_changed_in_another_tab_is_not_mended(page, form, draft):
    page.post(CHECK, form)
    page.post(CHECK, {**form, "version": "2", "subject": "y" * 90})
    answer = page.post(MEND, {**form, "mend": "any"})

    assert answer.status_code == 409
    draft.refresh_from_db()
    assert draft.content["subject"] == "y" * 90


def test_only_the_owner_mends_and_only_who_may_compose(client, form, viewer, make_user):
    client.force_login(viewer)
    assert client.post(MEND, form).status_code == 403
    client.force_login(make_user("otto", "Composer"))
    assert client.post(MEND, form).status_code == 422
    client.logout()
    assert client.post(MEND, form).status_code == 401


def test_a_split_text_arrives_as_a_new_slide_behind_its_own(page, form, draft):
    form |= {"subject": "Offer", "slide": ["a", "b"], "text-a": "Tulips. " * 700, "text-b": "End"}
    body = clicked(page, form, "split_text").content.decode()

    draft.refresh_from_db()
    assert len(draft.content["slides"]) == 3
    assert '<ol hx-swap-oob="afterend:#slide-a"><li class="slide" id="slide-m1"' in body
    assert 'id="slide-b"' not in body.partition('id="redrawn"')[0]


def test_a_slide_that_is_removed_leaves_the_page(page, form, draft):
    form |= {"subject": "Offer", "slide": ["a", "b"], "text-b": ""}
    answer = clicked(page, form, "remove_slide")

    draft.refresh_from_db()
    assert len(draft.content["slides"]) == 1
    assert '<li id="slide-b" hx-swap-oob="delete"></li>' in answer.content.decode()
    assert told(answer)["focus"] == "slide-a"


@pytest.mark.parametrize(
    ("written", "action", "left"),
    [
        ("+16475550142\nnobody, 6475550143", "remove_recipients", "+16475550142\n+16475550143"),
        ("+16475550142\n+442079460018", "remove_recipients", "+16475550142"),
        ("6475550142 a=b\n(647) 555-0142", "remove_recipients", "+16475550142 a=b"),
    ],
)
def test_recipients_that_cannot_be_sent_to_are_taken_out(page, form, draft, written, action, left):
    clicked(page, {**form, "recipients": written}, action)

    draft.refresh_from_db()
    assert draft.recipients == left


def test_those_who_have_opted_out_are_taken_out(page, form, draft, sender):
    opt_out("+16475550142", sender, source=OptOut.Source.PERSON, evidence="by phone", now=draft.created_at)
    clicked(page, form, "remove_recipients")

    draft.refresh_from_db()
    assert draft.recipients == ""


@pytest.fixture
def spare(sender) -> Sender:
    account = ProviderAccount.objects.create(name="Sinch US", provider="sinch", base_url="http://127.0.0.1:9")
    return Sender.objects.create(address="55555", kind="short_code", account=account)


def test_another_sender_that_takes_the_message_is_one_click_away(page, form, draft, sender, spare):
    form |= {"subject": "Offer", "fallback_on": "off"}
    first = page.post(CHECK, form).content.decode()
    answer = clicked(page, {**form, "version": "2"}, "choose_sender")

    draft.refresh_from_db()
    assert f'<span hidden data-sender="{sender.pk}">does not fit</span>' in first
    assert draft.sender == spare
    assert told(answer)["values"] == {"f-sender": str(spare.pk)}


def test_the_strip_chooses_the_sender_of_an_account(page, form, draft, spare):
    form |= {"subject": "Offer"}
    body = page.post(CHECK, form).content.decode()
    assert f'data-mend="way-{spare.pk}"' in body

    page.post(MEND, {**form, "version": "2", "mend": f"way-{spare.pk}"})

    draft.refresh_from_db()
    assert draft.sender == spare


def test_a_missing_value_is_asked_for_where_it_is_missing(page, form):
    body = page.post(CHECK, {**form, "text-a": "Hi $(name)"}).content.decode()

    assert 'data-add-value="name">Give name a value' in body


def test_the_door_asks_the_database_no_more_for_more_slides(page, form, django_assert_max_num_queries):
    form |= {"slide": [f"k{n}" for n in range(9)], **{f"text-k{n}": "Text" for n in range(9)}}
    form["recipients"] = "\n".join(f"+1{area}5550142" for area in range(212, 240))
    (key, *_others) = buttons(page.post(CHECK, form), "shorten")

    with django_assert_max_num_queries(45):
        page.post(MEND, {**form, "version": "2", "mend": key})


def test_what_a_mend_wrote_is_what_the_page_posts(page, form, draft):
    """Otherwise the first check after a mend would find a change that nobody made."""
    answer = clicked(page, form, "shorten")
    draft.refresh_from_db()
    page.post(CHECK, {**form, "subject": told(answer)["values"]["f-subject"], "version": str(draft.version)})

    version = draft.version
    draft.refresh_from_db()
    assert draft.version == version


def test_a_page_whose_answer_was_lost_is_no_second_tab(page, form, draft):
    """The save reached the server, its answer did not: the page still names the version before it."""
    page.post(CHECK, {**form, "page": "p1", "asked": "1"})
    again = page.post(CHECK, {**form, "page": "p1", "asked": "2", "subject": "Typed since"})
    other = page.post(CHECK, {**form, "page": "p2", "asked": "9", "subject": "From another tab"})

    draft.refresh_from_db()
    assert (again.status_code, other.status_code) == (200, 409)
    assert draft.content["subject"] == "Typed since"


def test_what_comes_late_does_not_undo_what_was_typed_since(page, form, draft):
    page.post(CHECK, {**form, "page": "p1", "asked": "2", "subject": "Newer"})
    # Unchanged work counts as well: it is what the page shows now.
    page.post(CHECK, {**form, "page": "p1", "asked": "4", "subject": "Newer"})
    late = page.post(CHECK, {**form, "page": "p1", "asked": "3", "subject": "Older"})

    draft.refresh_from_db()
    assert (late.status_code, late.content) == (204, b"")
    assert draft.content["subject"] == "Newer"


def test_a_page_does_not_write_over_what_was_restored_elsewhere(page, form, draft):
    page.post(CHECK, {**form, "page": "p1", "asked": "1"})
    page.post(CHECK, {**form, "page": "p1", "asked": "2", "subject": "Second", "version": "2"})
    drafts.restore(draft.pk, user=draft.owner, version=1)
    answer = page.post(CHECK, {**form, "page": "p1", "asked": "3", "subject": "Third", "version": "3"})

    assert answer.status_code == 409


def test_a_mend_counts_as_a_save_of_its_page(page, form, draft):
    (key, *_others) = buttons(page.post(CHECK, {**form, "page": "p1", "asked": "1"}), "shorten")
    page.post(MEND, {**form, "page": "p1", "asked": "2", "mend": key})
    answer = page.post(CHECK, {**form, "page": "p1", "asked": "3", "subject": "Short"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("before", "after", "keys"),
    [
        ("ab", "ab", ["a", "b"]),
        ("ab", "axb", ["a", "m1", "b"]),
        ("ab", "b", ["b"]),
        ("ab", "xb", ["a", "b"]),
        ("ab", "xyb", ["a", "m1", "b"]),
        ("abc", "xc", ["a", "c"]),
        ("", "x", ["m1"]),
        ("a", "", []),
    ],
)
def test_slides_that_stay_keep_their_names(before, after, keys):
    assert rekeyed([Slide(text) for text in before], [Slide(text) for text in after], list(before)) == keys


def test_new_names_are_not_taken_twice():
    assert rekeyed([Slide("a")], [Slide("a"), Slide("b"), Slide("c")], ["m1"]) == ["m1", "m2", "m3"]


def way(account: str, level: str, *, carries: bool = False) -> Way:
    return Way(account, "Provider", "34343", level, "", (), carries, account)


@pytest.mark.parametrize(
    ("severity", "providers", "ways", "offered"),
    [
        (Severity.BLOCKS, ("webex",), [way("A", "err"), way("B", "warn"), way("C", "ok")], ["C"]),
        (Severity.BLOCKS, ("webex",), [way("A", "err"), way("B", "warn", carries=True)], []),
        (Severity.ADVISES, ("webex",), [way("C", "ok")], []),
        (Severity.BLOCKS, (), [way("C", "ok")], []),
    ],
)
def test_another_sender_is_offered_only_where_it_helps(severity, providers, ways, offered):
    finding = Finding("text_too_long", severity, "/content/slides/0/text", "Too long", providers=providers)

    assert [offer.mend.args["sender"] for offer in offers(finding, ways)] == offered


def test_what_nobody_here_can_carry_out_is_not_offered():
    finding = Finding("x", Severity.BLOCKS, "/content", "X", mends=(Mend("fly_to_the_moon", "/content", "Fly"),))

    assert offers(finding, []) == ()


def test_a_content_written_by_a_mend_names_its_files_and_no_more():
    assert as_typed(GOOD)["slides"] == [{"text": "Tulips", "duration": 5, "image": {"asset": "file"}}]
