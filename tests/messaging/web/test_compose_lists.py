"""A list in the composer: counted at each check, previewed by row, sent to row by row."""

import io
import re

import pytest
from django.utils import timezone

from messaging import lists
from messaging.consent import opt_out
from messaging.models import Draft, Message, RecipientList, Transaction
from tests.messaging.lists.conftest import PEOPLE
from tests.messaging.web.test_compose import CHECK, SEND, draft, form, page  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
GOOD = "Mobile,Town,Order\n" + "\n".join(f"+1647555{n:04d},Town {n},A{n}" for n in range(100, 130))


def listed(owner, text: str = GOOD) -> RecipientList:
    return lists.import_file(io.BytesIO(text.encode()), size=len(text), name="people.csv", owner=owner)


@pytest.fixture
def with_list(form, composer):  # noqa: F811
    def with_list(text: str = GOOD, **more):
        parent = listed(composer, text)
        return {**form, "recipients": "", "list": str(parent.pk), "text-a": "Hello $(town)", **more}

    return with_list


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def send(page, form, **more):  # noqa: F811
    page.post(CHECK, form)
    draft, parent = Draft.objects.get(), RecipientList.objects.get()  # noqa: F811
    stamp = f"{parent.pk}:{parent.version}"
    return page.post(SEND, {"draft": str(draft.pk), "version": str(draft.version), "list": stamp, **more})


def test_a_list_is_counted_and_its_columns_fill_the_texts(page, with_list):  # noqa: F811
    said = text(page.post(CHECK, with_list(recipients="+16475550199 town=Nice\n+16475550100 town=Nice")))
    assert "people.csv 29 good" in said
    assert "1 repeated" in said
    assert "Send to 31" in said
    assert "Nothing to fix" in said


def test_what_is_wrong_with_its_rows_stops_the_message(page, with_list, sender):  # noqa: F811
    opt_out("+16475550145", sender, source="person", evidence="asked", now=timezone.now())
    fields = with_list(PEOPLE)
    said = text(page.post(CHECK, fields))
    for words in (
        "2 rows of the list cannot be sent to.",
        "1 number of the list is out of the sender's reach.",
        "$(town) has no value for recipient 5.",
        "1 opted out",
    ):
        assert words in said.replace("&#x27;", "'")
    assert send(page, {**fields, "version": str(Draft.objects.get().version)}).status_code == 422
    assert not Message.objects.exists()


def test_the_preview_speaks_to_any_row(page, with_list):  # noqa: F811
    html = page.post(CHECK, with_list(**{"as": "5"}))
    assert "Hello Town 104" in text(html)
    assert "+1 647-555-0104" in text(html)


def test_without_anybody_the_preview_shows_sample_data(page, form):  # noqa: F811
    said = text(page.post(CHECK, {**form, "recipients": "", "text-a": "Hello $(first_name)", "as": "1"}))
    assert "Hello first name" in said
    assert "With sample data" in said


def test_every_row_becomes_a_message_with_its_own_values(page, with_list, sender):  # noqa: F811
    opt_out("+16475550103", sender, source="person", evidence="asked", now=timezone.now())
    answer = send(page, with_list())
    assert answer.status_code == 302
    message, rows = Message.objects.get(), list(Transaction.objects.order_by("position"))
    assert message.total == len(rows) == 30
    assert message.recipient_list == RecipientList.objects.get()
    assert [row.status for row in rows].count("blocked") == 1
    assert (rows[4].recipient, rows[4].correlation_id, rows[4].substitutions) == (
        "+16475550104",
        "A104",
        {"town": "Town 104"},
    )


def test_a_list_that_changed_after_the_confirmation_is_looked_at_again(page, with_list, composer):  # noqa: F811
    fields = with_list()
    answer = send(page, fields, list=f"{fields['list']}:99")
    assert answer.status_code == 422
    assert "The list changed after the confirmation was shown." in text(answer)
    assert not Message.objects.exists()


def test_somebody_elses_list_is_none(page, form, make_user):  # noqa: F811
    parent = listed(make_user("olga", "Composer"))
    said = text(page.post(CHECK, {**form, "list": str(parent.pk)}))
    assert "people.csv" not in said
    assert Draft.objects.get().recipient_list is None
    lists.keep(parent.pk, parent.owner, name="Spring", shared=True)
    page.post(CHECK, {**form, "list": str(parent.pk), "version": str(Draft.objects.get().version)})
    assert Draft.objects.get().recipient_list == parent


def test_a_check_of_a_list_costs_the_same_however_long_it_is(page, with_list, django_assert_max_num_queries):  # noqa: F811
    fields = with_list("Mobile,Town\n" + "\n".join(f"+1647{n:07d},x" for n in range(5_550_100, 5_553_100)))
    page.post(CHECK, fields)
    fields["version"] = str(Draft.objects.get().version)
    with django_assert_max_num_queries(20):
        said = text(page.post(CHECK, fields))
    assert said


def test_a_test_message_without_any_number_typed_reads_as_the_row_that_is_previewed(page, with_list):  # noqa: F811
    own = {"want": "trial", "own_number": "+16475550177", "trial_token": "01900000-0000-7000-8000-000000000001"}
    page.post(CHECK, with_list(**{"as": "3", **own}))

    message = Message.objects.get()
    row = message.transactions.get()
    assert (message.test, message.recipient_list, message.total) == (True, None, 1)
    assert (row.recipient, row.substitutions["town"]) == ("+16475550177", "Town 102")
