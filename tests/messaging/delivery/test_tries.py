"""An answer that is worth a few tries only ends the message with the last of them; others are tried on and on."""

import pytest

from messaging.content import Content, FallbackSms, Slide
from messaging.models import Message, ProviderAccount, Transaction
from messaging.statuses import Status
from tests.working import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sinch(make_account) -> ProviderAccount:
    return make_account("sinch")


@pytest.fixture
def asking(sinch: ProviderAccount, make_sender, queued):
    """Queue a message that the provider answers with a code."""

    def ask(code: str) -> Message:
        content = Content("n", "Offer", (Slide(f"sandbox:answer={code}"),), FallbackSms("Hello"))
        return queued("+12065550100", sender=make_sender(sinch), content=content)

    return ask


@pytest.mark.parametrize(("code", "tries"), [("E351", 3), ("E618", 5)])
def test_the_last_try_ends_the_message_with_its_code(asking, code: str, tries: int) -> None:
    message = asking(code)

    work(lambda: message.transactions.filter(status=Status.FAILED).exists())

    row = message.transactions.get()
    assert (row.status, row.reason_code) == (Status.FAILED, code)
    assert [attempt.code for attempt in row.attempts.all()] == [code] * tries
    assert row.timeline.filter(kind="retry").count() == tries - 1


def test_other_tries_are_not_counted(asking, sinch: ProviderAccount) -> None:
    message = asking("E113")

    work(lambda: message.transactions.get().attempts.filter(code="E113").count() >= 4)
    Message.objects.filter(pk=message.pk).update(content=_saying(message, "E351"))
    work(lambda: message.transactions.filter(status=Status.FAILED).exists())

    row: Transaction = message.transactions.get()
    codes = [attempt.code for attempt in row.attempts.order_by("number")]
    assert codes.count("E351") == 3
    assert codes.count("E113") >= 4


def _saying(message: Message, code: str) -> dict[str, object]:
    content = dict(message.content)
    content["slides"] = [{**content["slides"][0], "text": f"sandbox:answer={code}"}]
    return content
