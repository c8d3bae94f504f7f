"""Every code of webex.md stands in the table, with the state or the class that its section gives it."""

import pytest

from messaging.gateway.codes import OutcomeClass, Where
from messaging.providers.webex.codes import CODES
from messaging.statuses import Status

R, F, C, U = (OutcomeClass.RETRY, OutcomeClass.FAILED, OutcomeClass.CONFIGURATION, OutcomeClass.UNKNOWN)
# Section 7, both tables and what stands below them, with the classes of reliability, 2.5.
CLASSES = {
    F: "7000 7003 7004 7005 7009 7022 7102 7107 7108 7126 http_400",
    C: "7001 7002 7007 7101 7104 7127 http_401 http_403 http_404 http_405",
    R: "7020 http_429 http_503",
    U: "7006 7016 7200 http_409 http_500 http_502 http_504",
}
# Section 10.1, and the policy codes of section 12.
STATES = {
    Status.SUBMITTED: "7501",
    Status.DELIVERED: "7500",
    Status.READ: "7524 7525",
    Status.EXPIRED: "7208",
    Status.FAILED: "7552 7553 7554 7555 7556 7010 7101 7102 7107 7144 7145 7146 7147 7148",
    None: "7200",
}
MIRRORED = {*range(7212, 7273)} - {7217, 7240, 7241}
POLICIES = range(9000, 9011)


@pytest.mark.parametrize(
    ("code", "outcome"), [(code, outcome) for outcome, codes in CLASSES.items() for code in codes.split()]
)
def test_every_answer_of_the_contract_has_its_class(code: str, outcome: OutcomeClass) -> None:
    assert CODES[Where.ANSWER, code].outcome is outcome


@pytest.mark.parametrize(
    ("code", "state"), [(code, state) for state, codes in STATES.items() for code in codes.split()]
)
def test_every_receipt_of_the_contract_has_its_state(code: str, state: Status | None) -> None:
    assert CODES[Where.RECEIPT, code].state is state


@pytest.mark.parametrize("number", sorted({*MIRRORED, *POLICIES}))
def test_every_further_failure_of_the_contract_is_final(number: int) -> None:
    assert CODES[Where.RECEIPT, str(number)].state is Status.FAILED


def test_an_unknown_sender_alone_is_about_the_sender() -> None:
    assert {code for (_, code), row in CODES.items() if row.about_sender} == {"7101"}
