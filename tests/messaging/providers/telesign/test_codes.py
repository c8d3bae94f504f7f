"""Every code of telesign.md stands in the table, with the class its section gives it."""

import pytest

from messaging.gateway.codes import OutcomeClass, Where
from messaging.providers.telesign.codes import CODES
from messaging.statuses import Status

A, R, F, C, B, U = (
    OutcomeClass.ACCEPTED,
    OutcomeClass.RETRY,
    OutcomeClass.FAILED,
    OutcomeClass.CONFIGURATION,
    OutcomeClass.BLOCKED,
    OutcomeClass.UNKNOWN,
)
# Section 7, the table of error responses, with the class of its last column (reliability, 2.5).
ERRORS = {
    F: "3102 3103 3104 3105 3106 3110 3113 3116 3300 3301 3302 3303 3304",
    C: "3400 3405 3412 3406 3408 3410 3409 3413 3411 3203 3206",
    R: "3204 3500",
}
# Section 7, below the table: Digest failures; section 11: status query.
ELSEWHERE = {U: "10002 -40007", C: "10003 10004 10005 10006 10007 10008", F: "3311 -10004"}
# Section 10, "Message level".
STATES = {
    "3001": Status.ACCEPTED,
    "3002": Status.SUBMITTED,
    "3040": Status.SUBMITTED,
    "3000": Status.DELIVERED,
    "3005": Status.READ,
    "3004": Status.UNCONFIRMED,
    "3039": Status.UNCONFIRMED,
    "3003": Status.FAILED,
    "3006": Status.FAILED,
    "3204": Status.FAILED,
}
# Section 10, "Channel level", row by row.
CHANNEL = (
    "3056 3030 3050 3031 3034 3055 3062 3032 3049 3115 3033 3035 3045 3108 3305 3306 3061 3112 3101 3107 3041 3043 "
    "3042 3044 3046 3052 3053 3047 3048 3051 3072 3036 3037 3038 3057 3109 3058 3071 3073 3100 3200 3202 "
    "3011 3012 3054 3059 3114 3205 3207 3208 3209 3601"
)
# Reliability, 2.5, where an answer carries a code of a channel.
CLASSES = {
    F: "3101 3107 3108 3112 3114 3115 3305 3306 3061 3062 3035",
    C: "3006 3058 3200 3202 3207 3208 3036 3071 3073 3057 3109",
    B: "3046 3052 3053",
    R: "3205",
    # What only one channel could not do: another may have gone on with the message.
    U: "3011 3012 3041 3043 3056",
    A: "3001 3000 3002",
}


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (outcome, code)
        for rows in (ERRORS, ELSEWHERE, CLASSES)
        for outcome, codes in rows.items()
        for code in codes.split()
    ],
)
def test_an_answers_code_has_its_class(outcome: OutcomeClass, code: str) -> None:
    assert CODES[Where.ANSWER, code].outcome is outcome


@pytest.mark.parametrize("code", STATES)
def test_a_messages_code_has_its_state(code: str) -> None:
    assert CODES[Where.RECEIPT, code].state is STATES[code]
    assert (Where.ANSWER, code) in CODES


@pytest.mark.parametrize("code", CHANNEL.split())
def test_a_channels_code_ends_a_message_as_its_section_says(code: str) -> None:
    expected = {"3056": None, "3033": Status.EXPIRED}.get(code, Status.FAILED)
    assert CODES[Where.RECEIPT, code].state is expected
    assert (Where.ANSWER, code) in CODES


def test_inbound_messages_have_their_code() -> None:
    assert CODES[Where.RECEIPT, "1500"].state is None


def test_only_the_senders_own_faults_are_about_the_sender() -> None:
    assert {code for (_, code), row in CODES.items() if row.about_sender} == {"3057", "3109"}
