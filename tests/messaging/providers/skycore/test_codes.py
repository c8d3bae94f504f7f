"""Every code that the contract names has its row, and each row can be met on the wire."""

from datetime import UTC, datetime

import pytest

from messaging.content import Content
from messaging.gateway.codes import OutcomeClass, Where
from messaging.gateway.errors import BY_CLASS, SendError
from messaging.gateway.facts import Receipt
from messaging.gateway.serving import Destination, Medium, ReceivedMessage
from messaging.providers.skycore import client, server
from messaging.providers.skycore.codes import CODES
from messaging.statuses import Status

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DESTINATION = Destination("12065550142")
MESSAGE = ReceivedMessage(
    "34343",
    (DESTINATION,),
    Content(),
    (Medium("audio", "https://a.example/a.mp3"), Medium("video", "https://a.example/v.mp4")),
)
# Seed 004, "General Error Codes" and "All saveMMS Error Codes plus ..."; skycore.md, section 6.
SEED_ANSWERS = (
    "E100 E104 E105 E106 E107 E108 E109 E112 E113 E114 E120 E503 E110 E111 E223 E224 E225 E226 E227 E228 E229 E230 "
    "E241 E311 E312 E313 E331 E332 E333 E334 E335 E336 E337 E338 E341 E351 E352 E353 E355 E356 E357 E358 E617 E618 "
    "E619 E622 E627 E628 E629 E650 E715 E718 E721"
)
OTHER_ANSWERS = "E101 E102 E103 E201 E301 E302 E303 E304 E314 E343 E620 E621 E625 E626 E651 E713"
# skycore.md, section 7.3, with the words of the STATUS column, and section 10.
RECEIPTS = {
    "N013": Status.ACCEPTED,
    "N101": Status.SUBMITTED,
    "N102": Status.DELIVERED,
    "N102 Expired": Status.EXPIRED,
    "N102 Rejected": Status.FAILED,
    "N103": Status.EXPIRED,
    "N201": Status.SUBMITTED,
    "N202": Status.DELIVERED,
    "E101": Status.FAILED,
    "E102 Expired": Status.EXPIRED,
    "E102 Rejected": Status.FAILED,
    "E102 Failed": Status.FAILED,
    "E102 NotSupported": Status.FAILED,
    "E201": Status.FAILED,
    "E202 Failed": Status.FAILED,
    "E202 Expired": Status.EXPIRED,
    "E202 NotSupported": Status.FAILED,
    "E011": Status.FAILED,
    "E012": Status.FAILED,
    "E013": Status.FAILED,
    "E999": Status.FAILED,
    **dict.fromkeys(["N003", "E002", "E003", "N501", "N502", "E501", "E502", "N401", "N211", "N301", "N302"]),
}


@pytest.mark.parametrize("code", [*SEED_ANSWERS.split(), *OTHER_ANSWERS.split()])
def test_every_answer_code_of_the_contract_has_words(code: str) -> None:
    row = CODES[Where.ANSWER, code]
    assert row.meaning
    assert row.next_step
    assert row.outcome is not None


@pytest.mark.parametrize(("code", "state"), RECEIPTS.items())
def test_every_receipt_code_of_the_contract_has_its_state(code: str, state: Status | None) -> None:
    assert CODES[Where.RECEIPT, code].state is state


def test_what_hardly_mends_itself_is_not_tried_for_ever() -> None:
    tries = {code: row.tries for (where, code), row in CODES.items() if where is Where.ANSWER and row.tries}
    copying = dict.fromkeys(("E351", "E352", "E353", "E355", "E356", "E357", "E358"), 3)
    assert tries == {**copying, "E618": 5, "E626": 30}


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.ANSWER])
def test_every_answer_of_the_table_can_be_met(code: str) -> None:
    answer = server.answer_with(code, MESSAGE)
    assert answer is not None
    with pytest.raises(SendError) as caught:
        client.read(answer)
    assert caught.value.code == code
    assert type(caught.value) is BY_CLASS[CODES[Where.ANSWER, code].outcome or OutcomeClass.ACCEPTED]


@pytest.mark.parametrize("code", [code for where, code in CODES if where is Where.RECEIPT])
def test_every_receipt_of_the_table_can_be_met(code: str) -> None:
    notice = server.report_with(MESSAGE, DESTINATION, "MMS_88120445", code, server.DEMO, at=NOW)
    assert notice is not None
    for fact in client.receipts(notice.body):
        if isinstance(fact, Receipt):
            assert (fact.kind, fact.code, fact.state) == ("receipt", code, CODES[Where.RECEIPT, code].state)
            assert fact.provider_ref == "MMS_88120445"


@pytest.mark.parametrize("code", ["", "E354", "E342", "N102 Held", "7500", "http_200", "http_999", "E1000"])
def test_a_code_nobody_knows_is_never_met(code: str) -> None:
    assert server.answer_with(code, MESSAGE) is None
    assert server.report_with(MESSAGE, DESTINATION, "MMS_1", code, server.DEMO, at=NOW) is None
