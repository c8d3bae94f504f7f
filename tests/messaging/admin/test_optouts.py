"""Opt-outs in the admin: entered, searched, masked, lifted with a reason, never deleted."""

import pytest
from django.urls import reverse
from django.utils import timezone

from messaging import consent
from messaging.models import OptOut, Sender

ANN, BOB = "+14165550101", "+14165550102"
LIST, ADD = reverse("admin:messaging_optout_changelist"), reverse("admin:messaging_optout_add")


@pytest.fixture
def stop(sender: Sender) -> OptOut:
    row = consent.opt_out(
        ANN, sender, source=OptOut.Source.HANDSET, evidence=f"STOP, says {ANN}", now=timezone.now(), inbox=None
    )
    assert row
    return row


def change(row: OptOut) -> str:
    return reverse("admin:messaging_optout_change", args=[row.pk])


def shown(answer) -> int:
    assert answer.status_code == 200
    return len(answer.context["cl"].result_list)


@pytest.mark.parametrize("written", [ANN, "(416) 555-0101", "1 416 555 0101", "0014165550101"])
def test_an_opt_out_is_entered_in_any_usual_spelling(keeper, sender, sender_admin, written) -> None:
    form = {"number": written, "sender": str(sender.pk), "evidence": "By telephone"}

    assert keeper.post(ADD, form).status_code == 302

    row = OptOut.objects.get()
    assert (row.number, row.sender, row.source, row.evidence) == (ANN, sender, "person", "By telephone")
    assert row.created_by == sender_admin
    assert consent.opted_out([(ANN, sender.pk)])


def test_without_a_sender_it_holds_for_all(keeper, sender) -> None:
    keeper.post(ADD, {"number": ANN, "sender": "", "evidence": "By letter"})

    assert OptOut.objects.get().sender is None
    assert consent.opted_out([(ANN, sender.pk)])


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"number": "34343"}, "number"),
        ({"number": "ann@example.com"}, "number"),
        ({"number": ""}, "number"),
        ({"evidence": ""}, "evidence"),
        ({"evidence": "x" * 301}, "evidence"),
        ({"sender": "nobody"}, "sender"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(keeper, form, wrong) -> None:
    answer = keeper.post(ADD, {"number": ANN, "sender": "", "evidence": "By letter", **form})

    assert wrong in answer.context["adminform"].form.errors
    assert not OptOut.objects.exists()


def test_an_opt_out_that_stands_is_not_entered_twice(keeper, stop, sender) -> None:
    answer = keeper.post(ADD, {"number": ANN, "sender": str(sender.pk), "evidence": "Again"})

    assert "stands already" in answer.content.decode()
    assert OptOut.objects.count() == 1


def test_lifting_needs_a_reason_and_keeps_the_row(keeper, stop, sender) -> None:
    assert "reason" in keeper.post(change(stop), {"reason": ""}).context["adminform"].form.errors
    assert consent.opted_out([(ANN, sender.pk)])

    assert keeper.post(change(stop), {"reason": "Asked us to, 3 November"}).status_code == 302

    stop.refresh_from_db()
    assert stop.lifted_why == "Asked us to, 3 November"
    assert not consent.opted_out([(ANN, sender.pk)])
    page = keeper.get(change(stop)).content.decode()
    assert "Asked us to, 3 November" in page
    assert 'name="reason"' not in page


def test_a_lifted_one_cannot_be_changed_again(keeper, stop) -> None:
    keeper.post(change(stop), {"reason": "First"})

    assert keeper.post(change(stop), {"reason": "Second"}).status_code == 403
    assert OptOut.objects.get().lifted_why == "First"


def test_several_are_lifted_after_a_question(keeper, stop, sender) -> None:
    other = consent.opt_out(BOB, None, source=OptOut.Source.PERSON, evidence="", now=timezone.now())
    form = {"action": "lift", "_selected_action": [str(stop.pk), str(other.pk)]}

    asked = keeper.post(LIST, form)
    assert "Lift 2 opt-outs?" in asked.content.decode()
    assert "required" in keeper.post(LIST, form | {"reason": " "}).content.decode()
    assert OptOut.objects.filter(lifted_at=None).count() == 2

    assert keeper.post(LIST, form | {"reason": "New contract"}).status_code == 302
    assert set(OptOut.objects.values_list("lifted_why", flat=True)) == {"New contract"}
    assert "None of these stands" in keeper.post(LIST, form, follow=True).content.decode()


def test_none_is_deleted_not_even_with_its_sender(chief, stop, sender) -> None:
    assert chief.post(reverse("admin:messaging_optout_delete", args=[stop.pk]), {"post": "yes"}).status_code == 403
    chief.post(LIST, {"action": "delete_selected", "_selected_action": [str(stop.pk)], "post": "yes"})
    chief.post(reverse("admin:messaging_sender_delete", args=[sender.pk]), {"post": "yes"})

    assert OptOut.objects.get() == stop


@pytest.mark.parametrize(
    ("term", "found"),
    [(ANN, 1), ("0101", 1), ("4165550101", 1), ("14165550101", 1), ("5550101", 1), ("0109", 0), ("01", 0), ("STOP", 0)],
)
def test_the_list_is_searched_by_number(keeper, stop, term, found) -> None:
    assert shown(keeper.get(LIST, {"q": term})) == found


@pytest.mark.parametrize(("state", "found"), [("stands", 1), ("lifted", 0), ("nonsense", 1)])
def test_the_list_is_narrowed_by_state(keeper, stop, state, found) -> None:
    assert shown(keeper.get(LIST, {"state": state})) == found


def test_a_viewer_sees_no_whole_number_and_changes_nothing(client, viewer, stop) -> None:
    client.force_login(viewer)
    pages = [client.get(LIST).content.decode(), client.get(change(stop)).content.decode()]

    for page in pages:
        assert "+1416***0101" in page
        assert "5550101" not in page
        assert "555-0101" not in page
    assert client.post(change(stop), {"reason": "Because"}).status_code == 403
    assert client.get(ADD).status_code == 403
    # Only by the digits that the list shows: otherwise a search would find out the rest.
    assert shown(client.get(LIST, {"q": "+19995550101"})) == 1


def test_the_list_costs_the_same_however_long_it_is(keeper, sender, django_assert_max_num_queries) -> None:
    def more(count: int) -> None:
        for _number in range(count):
            number = f"+1416555{OptOut.objects.count():04d}"
            consent.opt_out(number, sender, source=OptOut.Source.PERSON, evidence="", now=timezone.now())

    more(2)
    with django_assert_max_num_queries(14) as few:
        keeper.get(LIST)
    more(8)
    with django_assert_max_num_queries(len(few)):
        assert shown(keeper.get(LIST)) == 10
