"""What handsets mean by their words, and opt-outs: made once, lifted, asked for in one query."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from messaging import consent
from messaging.gateway.facts import Action
from messaging.models import OptOut, ProviderAccount, Sender

ANN, BOB = "+14165550101", "+14165550102"
SAYINGS = {
    Action.STOP: [
        *("STOP", "stop", "Stop.", "sToP!!!", "  stop  ", "\tSTOP\r\n", '"STOP"', "“Stop”", "‘stop’", "(stop)"),
        *("*STOP*", "#stop", "STOP 🛑", "ＳＴＯＰ", "STOPALL", "stop all", "Unsubscribe", "CANCEL", "end", "Quit"),
        *("OPTOUT", "opt out", "Opt-Out", "opt me out", "REVOKE", "arret", "ARRÊT", "Arrêt !", "ARRE\u0302T"),
        *("stop please", "Please stop", "Stop. Thank you", "STOP thanks", "pls STOP", "ok stop", "Hi, please stop."),
        *("stop stop STOP", "stop, unsubscribe", "Can you please stop?", "stop it", "stop texting me"),
        *("Please stop sending me these messages", "cancel my subscription", "unsubscribe me", "Stop, svp. Merci"),
        *(
            "Stop. I have no idea who you are.",
            "STOP\nSent from my phone",
            "Stop\n\n> Reply STOP to end",
            "S'il vous plaît, arrêt",
        ),
        "Stop! " + "I mean it. " * 200,
    ],
    Action.START: [
        *("START", "start", "Start!", "UNSTOP", "opt in", "Opt-In", "OPTIN", "start please", "Please start, thanks"),
        "START\nSent from my phone",
    ],
    Action.HELP: ["HELP", "help!", "Info", "help me", "help please", "INFO?"],
    Action.NONE: [
        *("", " ", "...", "🛑", "Thanks!", "please", "yes", "1", "nonstop", "stopped", "bus stop", "STOPSTART"),
        *("we have got to stop this bill", "Don't stop", "please don’t stop", "stop the car at the corner"),
        *("stop by the shop tomorrow?", "The end", "end of story", "cancel my appointment on Friday", "I quit smoking"),
        *("help me with my order", "information", "start the engine", "Start. I think so", "stop start", "start stop"),
        *("When does it start?", "Stop? What do you mean", "Is this a non-stop flight? Stop asking.", "help! stop"),
        *("Reply STOP to 34343 to opt out", "quitting time", "ending", "a" * 5000, "please " * 400),
    ],
}


@pytest.mark.parametrize(("text", "action"), [(text, action) for action, texts in SAYINGS.items() for text in texts])
def test_a_saying_is_understood(text: str, action: Action) -> None:
    assert consent.keyword(text) is action


@pytest.fixture
def other(sender: Sender) -> Sender:
    return Sender.objects.create(address="70707", kind="short_code", account=sender.account)


def make(number: str, sender: Sender | None, **more: object) -> OptOut | None:
    said = {"source": OptOut.Source.HANDSET, "evidence": "STOP", "now": timezone.now()}
    return consent.opt_out(number, sender, **{**said, **more})  # type: ignore[arg-type]


def test_an_opt_out_stands_for_its_number_and_sender_only(sender, other) -> None:
    row = make(ANN, sender, evidence="x" * 400)

    assert row is not None
    assert OptOut.objects.get().evidence == "x" * 300
    pairs = {(number, one.pk) for number in (ANN, BOB) for one in (sender, other)}
    assert consent.opted_out(pairs) == {(ANN, sender.pk)}


def test_an_opt_out_from_all_stands_for_every_sender(sender, other) -> None:
    make(ANN, None)

    assert consent.opted_out([(ANN, sender.pk), (ANN, other.pk), (BOB, sender.pk)]) == {
        (ANN, sender.pk),
        (ANN, other.pk),
    }


def test_a_handset_cannot_tell_two_senders_of_one_address_apart(sender, other) -> None:
    account = ProviderAccount.objects.create(name="Elsewhere", provider="webex")
    twin = Sender.objects.create(address=sender.address, kind=sender.kind, account=account)
    make(ANN, sender)

    assert consent.opted_out([(ANN, twin.pk), (ANN, other.pk)]) == {(ANN, twin.pk)}
    assert consent.opt_in(ANN, twin, why="START", now=timezone.now()) == 1
    assert consent.opted_out([(ANN, sender.pk)]) == set()


@pytest.mark.parametrize("everyone", [True, False])
def test_the_same_opt_out_again_is_already_there(sender, everyone) -> None:
    whom = None if everyone else sender

    assert make(ANN, whom) is not None
    assert make(ANN, whom) is None
    assert OptOut.objects.count() == 1


def test_lifting_keeps_the_row_and_a_later_stop_makes_another(sender) -> None:
    make(ANN, sender)

    assert consent.opt_in(ANN, sender, why="START", now=timezone.now()) == 1
    assert consent.opt_in(ANN, sender, why="START", now=timezone.now()) == 0
    assert consent.opted_out([(ANN, sender.pk)]) == set()
    assert OptOut.objects.get().lifted_why == "START"
    assert make(ANN, sender) is not None
    assert OptOut.objects.count() == 2


def test_a_start_to_one_sender_leaves_what_was_said_to_all(sender) -> None:
    make(ANN, None)
    make(ANN, sender)

    assert consent.opt_in(ANN, sender, why="START", now=timezone.now()) == 1
    assert consent.opted_out([(ANN, sender.pk)]) == {(ANN, sender.pk)}
    assert consent.opt_in(ANN, None, why="Asked by letter", now=timezone.now()) == 1
    assert consent.opted_out([(ANN, sender.pk)]) == set()


def test_any_number_of_pairs_is_asked_for_in_a_query_or_two(sender, other, django_assert_num_queries) -> None:
    pairs = [(f"+1416555{position:04d}", one.pk) for position in range(3000) for one in (sender, other)]
    with django_assert_num_queries(1):
        assert consent.opted_out(pairs) == set()
    make(pairs[0][0], sender)
    with django_assert_num_queries(2):
        assert consent.opted_out(pairs) == {pairs[0]}


def test_nobody_asked_for_is_nobody(db) -> None:
    assert consent.opted_out([]) == set()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_makes_the_row(sender) -> None:
    together, made = Barrier(4), []

    def stop() -> None:
        try:
            together.wait()
            made.append(make(ANN, sender))
        finally:
            connection.close()

    threads = [Thread(target=stop) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert [one for one in made if one] == [OptOut.objects.get()]
