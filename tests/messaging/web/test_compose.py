"""The composer's doors, by Django's client."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from media import uploads
from messaging.consent import opt_out
from messaging.drafts import EMPTY, start_draft
from messaging.models import Draft, Message, OptOut, ProviderAccount, Sender, Template, Transaction

NOBODY = "01900000-0000-7000-8000-000000000000"

CHECK, SEND = "/compose/check/", "/compose/send/"
VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:+16475550142\r\nEND:VCARD\r\n"


@pytest.fixture
def page(client, composer):
    client.force_login(composer)
    return client


@pytest.fixture
def draft(composer) -> Draft:
    return start_draft(composer)


@pytest.fixture
def form(draft, sender) -> dict[str, object]:
    """A message that nothing speaks against, as the page posts it."""
    return {
        "draft": str(draft.pk),
        "version": "1",
        "sender": str(sender.pk),
        "name": "Spring",
        "recipients": "(647) 555-0142\n+16475550143",
        "subject": "Offer",
        "slide": ["a"],
        "text-a": "Tulips from 4.90",
        "duration-a": "5",
        "fallback_on": "on",
        "fallback": "Tulips from 4.90",
        "value-name": [""],
        "value-text": [""],
    }


def sent(page, form, **more):
    page.post(CHECK, form)
    draft = Draft.objects.get()
    return page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version), **more})


def test_the_page_starts_an_empty_draft_and_reopens_it_on_reload(page, composer):
    first = page.get("/compose/")
    again = page.get("/compose/")

    assert first.url == again.url
    assert Draft.objects.get().owner == composer


def test_an_untouched_page_says_how_to_begin_and_names_no_fault(page):
    address = page.get("/compose/").url

    answer = page.get(address).content.decode()

    assert "How to begin" in answer
    assert "Add the numbers it goes to, or a list." in answer
    assert not any(fault in answer for fault in ("pill err", "to be fixed", "Does not fit", "No sender is chosen"))


@pytest.mark.parametrize(
    "change", [{"any_sender": True}, {"content": EMPTY | {"name": "Spring"}}, {"plan": {"purpose": "transactional"}}]
)
def test_what_stands_in_a_copy_is_not_asked_for_as_if_it_were_empty_nor_used_for_another_message(page, draft, change):
    Draft.objects.filter(pk=draft.pk).update(version=1, **change)

    answer = page.get(f"/compose/?draft={draft.pk}").content.decode()

    assert "How to begin" not in answer
    assert str(draft.pk) not in page.get("/compose/").url


def test_the_first_check_of_an_empty_page_and_sending_it_name_the_faults(page, form, draft):
    empty = form | {"sender": "", "name": "", "recipients": "", "subject": "", "text-a": "", "fallback": ""}

    asked = page.post(CHECK, empty | {"want": "confirm"}).content.decode()

    assert "4 to fix" in asked
    assert "Not ready to send" in asked
    assert "No sender is chosen" in asked
    pushed = page.post(SEND, {"draft": str(draft.pk), "version": str(Draft.objects.get().version)})
    assert pushed.status_code == 422
    assert "4 to fix" in pushed.content.decode()


def test_unsent_work_is_offered_when_starting_anew(page, form):
    page.post(CHECK, form)

    answer = page.get("/compose/", follow=True).content.decode()

    assert "You also have an unsent draft" in answer
    assert "Spring" in answer


def test_other_peoples_drafts_do_not_exist(page, make_user):
    theirs = start_draft(make_user("otto", "Composer"))

    assert page.get(f"/compose/?draft={theirs.pk}").status_code == 404
    assert page.post("/compose/discard/", {"draft": str(theirs.pk)}).status_code == 404
    assert Draft.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("query", ["draft=1", "draft=%00", f"draft={NOBODY}", "template=x", f"message={NOBODY}"])
def test_ids_of_nothing_are_not_found(page, query):
    assert page.get(f"/compose/?{query}").status_code == 404


def test_people_who_may_not_compose_are_refused(client, viewer, form):
    client.force_login(viewer)

    assert client.get("/compose/").status_code == 403
    assert client.post(CHECK, form).status_code == 403
    assert client.post(SEND, form).status_code == 403


def test_strangers_come_to_the_login_page(client):
    assert client.get("/compose/").url == "/admin/login/?next=/compose/"


def test_a_session_that_ended_is_said_so_without_leaving_the_page(client, form):
    answer = client.post(CHECK, form)

    assert answer.status_code == 401
    assert "You were signed out" in answer.content.decode()
    assert "HX-Redirect" not in answer


def test_a_check_saves_the_draft_and_answers_only_what_changed(page, form, draft):
    first = page.post(CHECK, form).content.decode()
    shown = " ".join(f"{i}:{d}" for i, d in re.findall(r'id="([\w-]+)"[^>]*? data-digest="(\w+)"', first))
    again = page.post(CHECK, {**form, "version": "2", "subject": "Offer!", "shown": shown}).content.decode()

    draft.refresh_from_db()
    assert draft.content["subject"] == "Offer!"
    assert 'id="checks"' in first
    assert 'id="subject-count"' in again
    assert 'id="checks"' not in again
    assert 'id="preview"' not in again
    assert 'id="shown-a"' in again


def test_unchanged_work_is_not_written_again(page, form, draft):
    page.post(CHECK, form)
    page.post(CHECK, form)

    draft.refresh_from_db()
    assert draft.version == 2


def test_two_tabs_do_not_overwrite_one_another(page, form, draft):
    page.post(CHECK, form)
    answer = page.post(CHECK, {**form, "subject": "From the other tab"})

    draft.refresh_from_db()
    assert answer.status_code == 409
    assert "changed in another tab" in answer.content.decode()
    assert draft.content["subject"] == "Offer"


def test_the_page_shows_the_name_as_typed_not_the_one_made_up_for_sending(page, form, draft):
    page.post(CHECK, {**form, "name": ""})

    body = page.get(f"/compose/?draft={draft.pk}").content.decode()

    assert 'name="name" value=""' in body
    assert "<h1>New message</h1>" in body


def test_findings_lead_to_their_fields(page, form):
    answer = page.post(CHECK, {**form, "subject": "x" * 81, "slide": ["a", "b"], "text-b": ""}).content.decode()

    assert 'href="#f-subject"' in answer
    assert 'href="#slide-b"' in answer
    assert "Slide 2 is empty" in answer


def test_entries_that_are_no_numbers_are_counted_and_stop_the_message(page, form):
    answer = page.post(CHECK, {**form, "recipients": "6475550142\nnobody"}).content.decode()

    assert "1 to fix" in answer
    assert "“nobody” is not a phone number" in answer


def test_each_recipients_own_values_fill_the_preview(page, form):
    form |= {"text-a": "Hi $(name)", "recipients": "6475550142 name=Ann\n6475550143 name=Bo", "as": "2"}

    answer = page.post(CHECK, form).content.decode()

    assert "Hi Bo" in answer
    assert "has no value" not in answer


def test_markup_in_texts_is_shown_as_text(page, form):
    answer = page.post(CHECK, {**form, "subject": "<script>alert(1)</script>", "recipients": "<img onerror=x>"})

    assert "<script>" not in answer.content.decode()
    assert "<img onerror" not in answer.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"draft": "x"},
        {"version": "one"},
        {"slide": ["a"], "part-a": ["image:asset:1"]},
        {"slide": ["A B"]},
        {"as": "-1"},
        {"duration-a": "soon"},
    ],
)
def test_forms_no_page_of_ours_sends_are_refused_with_words(page, form, fields):
    answer = page.post(CHECK, {**form, **fields})

    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()


def test_control_characters_never_reach_the_draft(page, form, draft):
    answer = page.post(
        CHECK, {**form, "subject": "Of\x00fer", "text-a": "a\x07b", "value-name": ["a"], "value-text": ["\x00"]}
    )

    draft.refresh_from_db()
    assert answer.status_code == 200
    assert draft.content["subject"] == "Offer"
    assert "control characters" in answer.content.decode()


def test_a_foreign_asset_is_a_finding_on_its_slide(page, form):
    answer = page.post(CHECK, {**form, "part-a": f"image:asset:{uuid4()}"}).content.decode()

    assert "There is no such file" in answer
    assert 'href="#part-a-image"' in answer


def test_a_sender_of_another_group_is_not_taken(page, form, sender, draft):
    sender.allowed_groups.add(Group.objects.create(name="Elsewhere"))
    answer = page.post(CHECK, form).content.decode()

    draft.refresh_from_db()
    assert draft.sender is None
    assert "No sender is chosen" in answer


def test_the_confirmation_says_what_will_happen(page, form):
    answer = page.post(CHECK, {**form, "want": "confirm"})

    body = answer.content.decode()
    assert "confirm-ready" in answer["HX-Trigger-After-Swap"]
    assert "Send to 2 people?" in body
    assert "through Webex US" in body
    assert "Tulips from 4.90" in body


def test_a_message_that_is_not_ready_gets_reasons_instead_of_a_button(page, form):
    body = page.post(CHECK, {**form, "recipients": "", "want": "confirm"}).content.decode()

    assert "Not ready to send" in body
    assert "Nobody to send to" in body


def test_sending_queues_one_transaction_for_each_recipient_and_ends_the_draft(page, form, composer):
    answer = sent(page, form)

    message = Message.objects.get()
    assert answer.url == reverse("web:message", args=[message.pk])
    assert message.created_by == composer
    assert message.name == "Spring"
    assert sorted(Transaction.objects.values_list("recipient", flat=True)) == ["+16475550142", "+16475550143"]
    assert not Draft.objects.exists()


def test_a_second_click_and_the_back_button_send_nothing_more(page, form, draft):
    first = sent(page, form)
    again = page.post(SEND, {"draft": str(draft.pk), "version": "2"})
    back = page.get(f"/compose/?draft={draft.pk}")
    typed_on = page.post(CHECK, {**form, "subject": "More"})

    assert again.url == back.url == first.url
    assert typed_on.status_code == 409
    assert "has been sent" in typed_on.content.decode()
    assert Message.objects.count() == 1


def test_what_was_confirmed_is_what_is_sent(page, form, draft):
    page.post(CHECK, form)
    page.post(CHECK, {**form, "version": "2", "text-a": "Changed since"})

    answer = page.post(SEND, {"draft": str(draft.pk), "version": "2"})

    assert answer.status_code == 422
    assert "changed after the confirmation" in answer.content.decode()
    assert not Message.objects.exists()


def test_a_draft_with_faults_is_not_sent_and_not_lost(page, form):
    answer = sent(page, {**form, "fallback": ""})

    assert answer.status_code == 422
    assert "Nothing was sent" in answer.content.decode()
    assert "Tulips from 4.90" in answer.content.decode()
    assert Draft.objects.get().content["subject"] == "Offer"


def test_sending_to_many_asks_for_the_number_typed(page, form):
    form["recipients"] = "\n".join(f"+1416555{last:04d}" for last in range(107))
    count = str(len(form["recipients"].split()))

    refused = sent(page, form)
    draft = Draft.objects.get()
    taken = page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version), "typed": count})

    assert f"Type {count} to confirm" in refused.content.decode()
    assert taken.status_code == 302
    assert Message.objects.get().total == int(count)


def test_composing_alone_gives_no_right_to_send(client, make_user, form, draft, composer):
    composer.groups.clear()
    composer.user_permissions.set(Permission.objects.filter(codename="add_message"))
    client.force_login(composer)

    answer = client.post(CHECK, {**form, "want": "confirm"}).content.decode()

    assert 'data-want="confirm"' not in answer
    assert "Send to 2 people" not in answer
    assert client.post(SEND, {"draft": str(draft.pk), "version": "2"}).status_code == 403


def test_a_message_can_be_duplicated(page, form):
    sent(page, form)
    message = Message.objects.get()

    body = page.get(f"/compose/?message={message.pk}", follow=True).content.decode()

    assert "Tulips from 4.90" in body


def test_a_draft_becomes_a_template_and_a_template_a_draft(page, form, composer):
    asset = uploads.store(VCARD, name="ann.vcf", owner="user:1")
    answer = page.post(
        CHECK, {**form, "part-a": f"contact:asset:{asset.pk}", "want": "template", "template_name": "Spring offer"}
    )
    template = Template.objects.get()

    body = page.get(f"/compose/?template={template.pk}", follow=True).content.decode()

    assert "Saved as “Spring offer”" in answer.content.decode()
    assert f"contact:asset:{asset.pk}" in body
    assert "ann.vcf" in body


def test_a_saved_template_closes_its_dialog_and_a_refused_one_does_not(page, form):
    want = {**form, "want": "template", "template_name": "Spring"}
    assert "template-saved" in page.post(CHECK, want).headers["HX-Trigger-After-Swap"]
    assert "HX-Trigger-After-Swap" not in page.post(CHECK, {**want, "version": "2"}).headers


def test_every_unsent_draft_can_be_reached_or_thrown_away(page, composer):
    rows = [start_draft(composer) for _number in range(12)]
    for number, row in enumerate(rows):
        Draft.objects.filter(pk=row.pk).update(version=2, content={"name": "", "subject": f"Offer {number}"})
    for left in (12, 11):
        answer = page.get("/compose/", follow=True)
        text = answer.content.decode()
        listed = [str(row.pk) for row in rows if f"?draft={row.pk}" in text]
        assert (len(listed), "Older ones follow" in text) == (10, True)
        assert "just now" in text
        page.post("/compose/discard/", {"draft": listed[0]})
        assert Draft.objects.filter(version=2).count() == left - 1
        rows = [row for row in rows if str(row.pk) != listed[0]]
    page.post("/compose/discard/", {"draft": str(rows[0].pk)})
    page.post("/compose/discard/", {"draft": str(rows[1].pk)})
    assert "Older ones follow" not in page.get("/compose/", follow=True).content.decode()


def test_other_peoples_drafts_are_not_offered(page, make_user):
    other = start_draft(make_user("other", "Composer"))
    Draft.objects.filter(pk=other.pk).update(version=2, content={"subject": "Not yours"})
    assert "Not yours" not in page.get("/compose/", follow=True).content.decode()


def test_the_subject_counts_to_its_limit_and_names_what_is_advised(page, form, draft):
    page.post(CHECK, {**form, "subject": "x" * 17})
    assert "17 of 80, 40 advised" in page.get(f"/compose/?draft={draft.pk}").content.decode()


def test_a_template_name_that_is_taken_is_said_so(page, form):
    page.post(CHECK, {**form, "want": "template", "template_name": "Spring"})
    answer = page.post(CHECK, {**form, "version": "2", "want": "template", "template_name": "Spring"})

    assert "Another template is called" in answer.content.decode()


def test_the_check_asks_the_database_a_fixed_number_of_questions(page, form, django_assert_max_num_queries):
    form |= {"slide": [f"k{n}" for n in range(9)], **{f"text-k{n}": "Text" for n in range(9)}}
    form["recipients"] = "\n".join(f"+1{area}5550142" for area in range(212, 240))

    with django_assert_max_num_queries(22):
        page.post(CHECK, form)


def test_a_text_full_of_placeholders_does_not_swell_the_page(page, form, draft):
    form |= {"text-a": "$(x)" * 5_000, "value-name": ["x"], "value-text": ["y" * 20_000]}
    answer = page.post(CHECK, form)
    assert len(answer.content) < 200_000
    assert "5000 placeholders" in answer.content.decode()
    assert len(page.get(f"/compose/?draft={draft.pk}").content) < 300_000


@pytest.fixture
def spare(sender) -> Sender:
    account = ProviderAccount.objects.create(name="Telesign US", provider="telesign", base_url="http://127.0.0.1:9")
    return Sender.objects.create(address="55555", kind="short_code", account=account)


def ways(answer) -> str:
    """The strip of accounts, as plain text."""
    strip = re.search(r'<ul class="ways".*?</ul>', answer.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", strip[0])) if strip else ""


def test_each_account_says_whether_the_message_fits_it(page, form, spare):
    form |= {"slide": ["a", "b"], "text-b": "Second", "duration-b": "5"}

    strip = ways(page.post(CHECK, form))

    assert "Webex US chosen Webex Connect, 34343: Fits" in strip
    assert "Telesign US Telesign, 55555: Does not fit" in strip
    assert "2 slides; Telesign takes 1." in strip


def test_what_every_account_says_is_said_once(page, form, spare):
    answer = page.post(CHECK, {**form, "text-a": ""})

    assert "Slide 1 is empty." in answer.content.decode()
    assert "Slide 1 is empty." not in ways(answer)
    assert "Telesign US Telesign, 55555: Does not fit" in ways(answer)


def test_the_strip_is_part_of_the_check_and_costs_no_further_request(page, form, spare):
    page.post(CHECK, form)
    again = page.post(CHECK, {**form, "version": "2", "subject": ""})
    assert "Fits, with advice" in ways(again)


def test_any_that_fits_is_kept_and_sends_through_the_account_that_takes_it(page, form, spare, sender):
    form |= {"sender": "any", "slide": ["a", "b"], "text-b": "Second", "duration-b": "5"}

    answer = page.post(CHECK, form)
    assert "Webex US chosen" in ways(answer)
    draft = Draft.objects.get()
    assert (draft.any_sender, draft.sender) == (True, None)
    assert '<option value="any" selected>' in page.get(f"/compose/?draft={draft.pk}").content.decode()

    page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version)})
    message = Message.objects.get()
    assert (message.sender, message.alternatives) == (sender, [])
    assert [way["eligible"] for way in message.routing] == [True, False]


def test_any_that_fits_is_nobody_for_whom_no_sender_is_meant(page, form, sender):
    sender.allowed_groups.add(Group.objects.create(name="Others"))
    answer = page.post(CHECK, {**form, "sender": "any"}).content.decode()
    assert "No sender is yours to use." in answer
    assert page.post(SEND, {"draft": form["draft"], "version": "2"}).status_code == 422
    assert not Message.objects.exists()


def test_without_a_sender_only_what_stops_every_account_is_told(page, form, spare):
    answer = page.post(CHECK, {**form, "sender": ""}).content.decode()
    assert "No sender is chosen" in answer
    assert "1 to fix" in answer
    assert "Telesign US" in answer


def test_who_opted_out_is_left_out_and_the_confirmation_says_so(page, form, sender):
    opt_out("+16475550143", sender, source=OptOut.Source.HANDSET, evidence="STOP", now=timezone.now())

    answer = page.post(CHECK, {**form, "want": "confirm"}).content.decode()
    assert "Send to 1 person?" in answer
    assert "The recipient has opted out" in answer

    typed = page.post(CHECK, form).content.decode()
    assert "1 number, 1 opted out" in typed
    assert "<b>+16475550143</b> <span>has opted out, left out</span>" in typed

    sent(page, {**form, "version": "2"})
    assert dict(Transaction.objects.values_list("recipient", "status")) == {
        "+16475550142": "queued",
        "+16475550143": "blocked",
    }


def test_the_number_of_slides_is_the_widest_while_another_sender_may_still_carry_it(page, composer, sender):
    narrow = ProviderAccount.objects.create(name="Telesign", provider="telesign", base_url="https://api.example.com")
    only = Sender.objects.create(address="44444", kind="short_code", account=narrow)
    draft = start_draft(composer)

    def said() -> str:
        found = re.search(r'id="slide-count"[^>]*>([^,]+),', page.get(f"/compose/?draft={draft.pk}").content.decode())
        assert found
        return found[1]

    assert said() == "1 of 9"
    Draft.objects.update(any_sender=True)
    assert said() == "1 of 9"
    Draft.objects.update(any_sender=False, sender=only)
    assert said() == "1 of 1"


@pytest.mark.parametrize("chosen", ["", "any", "it"])
def test_a_sender_whose_provider_is_gone_is_not_offered_and_breaks_nothing(page, composer, form, sender, chosen):
    account = ProviderAccount.objects.create(name="Old", provider="gone", base_url="https://api.example.com")
    lost = Sender.objects.create(address="77777", kind="short_code", account=account)

    answer = page.post(CHECK, {**form, "sender": str(lost.pk) if chosen == "it" else chosen})

    assert answer.status_code == 200
    html = page.get(f"/compose/?draft={form['draft']}").content.decode()
    assert "77777" not in html
    assert "34343" in html
