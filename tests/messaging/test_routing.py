"""Which sender carries a message: by content, destination, health and limits; and who takes over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import consent
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.models import Message, OptOut, ProviderAccount, Sender, Transaction
from messaging.queueing import NotQueued, Order, examine, queue
from messaging.routing import next_sender, sender_findings
from messaging.slide_rules import blocking
from tests.working import HELLO

pytestmark = pytest.mark.django_db

PICTURE = Part("image", url="https://media.example.org/a.png", host="caller")
ONE = Content("Autumn", "", (Slide(parts=(PICTURE,)),), FallbackSms("Hello"))
THREE = replace(ONE, slides=(Slide("One", parts=(PICTURE,)), Slide("Two"), Slide("Three")))


@pytest.fixture
def at(db) -> Callable[..., Sender]:
    """A sender of its own at a provider."""

    def make(provider: str, address: str = "34343", **more: object) -> Sender:
        number = ProviderAccount.objects.count()
        account = ProviderAccount.objects.create(
            name=f"{provider} {number}", provider=provider, base_url="http://127.0.0.1:9"
        )
        return Sender.objects.create(**{"address": address, "kind": "short_code", "account": account, **more})

    return make


def pause(sender: Sender, *, account: bool = False) -> None:
    row = sender.account if account else sender
    row.paused_at = timezone.now()
    row.save()


def choosing(order: Callable[..., Order], first: Sender, *others: Sender, **more: object) -> Order:
    return order(**{"sender": first, "others": others, **more})


def codes(order: Order) -> set[str]:
    return {finding.code for finding in examine(order, now=timezone.now()).findings if finding.severity == "blocks"}


# Content


def test_each_account_is_eligible_or_says_why_not(order, at):
    senders = [at(name) for name in registry.names()]

    examination = examine(choosing(order, *senders, content=THREE), now=timezone.now())

    told = {route.provider: route for route in examination.routing}
    assert {name for name, route in told.items() if not route.eligible} == {"telesign"}
    assert "3 slides; Telesign takes 1." in told["telesign"].reasons
    assert all(route.reasons for route in told.values())
    assert examination.ok


@pytest.mark.parametrize("provider", registry.names())
def test_one_picture_goes_through_any_of_them(order, at, provider):
    row = queue(order(sender=at(provider), content=ONE), now=timezone.now()).transactions.get()
    assert row.account.provider == provider


def test_what_every_sender_refuses_stops_the_message(order, at):
    ten = replace(ONE, slides=tuple(Slide(f"{number}") for number in range(10)))
    senders = [at(name) for name in registry.names()]

    with pytest.raises(NotQueued) as failure:
        queue(choosing(order, *senders, content=ten), now=timezone.now())

    limits = {one.limit: set(one.providers) for one in failure.value.findings if one.code == "too_many_slides"}
    assert limits == {9: {"webex"}, 8: {"sinch", "skycore"}, 1: {"telesign"}}


def test_senders_that_refuse_it_for_different_reasons_stop_it_together(order, at):
    webex, telesign = at("webex"), at("telesign")
    content = replace(ONE, slides=(Slide("Hello", parts=(PICTURE, replace(PICTURE, kind="audio"))),))

    examination = examine(choosing(order, webex, telesign, content=content), now=timezone.now())

    assert not examination.ok
    assert [route.eligible for route in examination.routing] == [False, False]
    assert {"too_many_media", "text_not_carried"} <= {finding.code for finding in examination.findings}


def test_any_that_fits_is_the_one_with_the_least_against_it(order, at):
    telesign, webex = at("telesign"), at("webex")
    content = replace(ONE, subject="Autumn")

    plain = examine(choosing(order, telesign, webex, content=content), now=timezone.now())
    anybody = examine(choosing(order, telesign, webex, content=content, any_sender=True), now=timezone.now())

    assert [plain.senders[0], anybody.senders[0]] == [telesign, webex]


def test_where_nobody_fits_any_hears_what_the_closest_lacks(order, at):
    telesign, webex = at("telesign"), at("webex")
    empty = replace(ONE, slides=(Slide(""),))

    anybody = examine(choosing(order, telesign, webex, content=empty, any_sender=True), now=timezone.now())

    assert anybody.senders[0] == webex
    assert {finding.code for finding in blocking(anybody.findings)} == {"slide_empty"}
    assert not anybody.ok


# Health


@pytest.mark.parametrize("whole", [True, False])
def test_a_paused_sender_stands_by(order, at, whole):
    first, second = at("webex"), at("webex", "55555")
    pause(first, account=whole)

    message = queue(choosing(order, first, second), now=timezone.now())

    assert message.transactions.get().sender == second
    assert (message.sender, message.alternatives) == (second, [str(first.pk)])


def test_when_all_are_paused_the_first_waits(order, at):
    first, second = at("webex"), at("webex", "55555")
    pause(first)
    pause(second)

    examination = examine(choosing(order, first, second), now=timezone.now())

    assert examination.senders[0] == first
    assert [finding.code for finding in examination.findings] == ["sender_paused"]


# Destination


def test_each_recipient_gets_the_first_sender_that_reaches_them(order, at):
    home, british = at("webex"), at("webex", "84433", country="GB")

    wanted = replace(choosing(order, home, british), recipients=order("+14165550100", "+442071838750").recipients)
    message = queue(wanted, now=timezone.now())

    senders = dict(message.transactions.values_list("recipient", "sender__address"))
    assert senders == {"+14165550100": "34343", "+442071838750": "84433"}
    assert [route["recipients"] for route in message.routing] == [1, 1]


def test_a_number_that_no_sender_reaches_stops_the_message_by_name(order, at):
    wanted = replace(choosing(order, at("webex"), at("webex", "5")), recipients=order("+442071838750").recipients)

    (finding,) = [one for one in examine(wanted, now=timezone.now()).findings if one.severity == "blocks"]

    assert (finding.code, finding.pointer) == ("country_not_allowed", "/to/0")
    assert "none of the chosen senders" in finding.message


# Limits


@pytest.mark.parametrize(
    ("provider", "kind", "country", "words"),
    [
        ("telesign", "toll_free", "US", "Telesign carries MMS from US short codes only."),
        ("telesign", "short_code", "CA", "Telesign carries MMS from US short codes only."),
        ("skycore", "long", "US", "Skycore carries MMS from short codes only."),
    ],
)
def test_a_sender_that_its_provider_does_not_carry_is_refused(at, provider, kind, country, words):
    (finding,) = sender_findings(at(provider, "+14165550199", kind=kind, country=country))
    assert (finding.code, finding.severity, finding.message) == ("sender_kind_not_carried", "blocks", words)


@pytest.mark.parametrize(("seconds", "ok"), [(3 * 86_400, True), (3 * 86_400 + 1, False)])
def test_a_message_lives_as_long_as_its_provider_keeps_it(order, at, seconds, ok):
    now = timezone.now()
    wanted = order(sender=at("sinch"), content=ONE, expire_at=now + timedelta(seconds=seconds))
    examination = examine(wanted, now=now)

    assert examination.ok is ok
    assert [one.limit for one in examination.findings if one.code == "expires_late"] == ([] if ok else [3 * 86_400])


def test_a_sender_that_keeps_it_longer_is_chosen(order, at):
    sinch, webex, now = at("sinch"), at("webex"), timezone.now()
    wanted = choosing(order, sinch, webex, content=ONE, expire_at=now + timedelta(days=5))
    assert queue(wanted, now=now).sender == webex


# Consent


def stop(number: str, sender: Sender | None) -> None:
    consent.opt_out(number, sender, source=OptOut.Source.HANDSET, evidence="STOP", now=timezone.now())


@pytest.mark.parametrize("which", ["first", "second", "all"])
def test_a_stop_is_not_dodged_by_another_sender(order, at, which):
    first, second = at("webex"), at("webex", "55555")
    stop("+14165550101", {"first": first, "second": second, "all": None}[which])
    wanted = replace(choosing(order, first, second), recipients=order("+14165550100", "+14165550101").recipients)

    examination = examine(wanted, now=timezone.now())
    message = queue(wanted, now=timezone.now())

    assert [(held.index, held.code) for held in examination.held_back] == [(1, "opted_out")]
    rows = dict(message.transactions.values_list("recipient", "status"))
    assert rows == {"+14165550100": "queued", "+14165550101": "blocked"}


def test_a_stop_to_somebody_else_is_not_meant_for_us(order, at):
    stop("+14165550100", at("webex", "55555"))
    assert examine(order(sender=at("webex")), now=timezone.now()).ok


def test_who_is_held_back_has_a_story_that_says_so(order, at):
    sender = at("webex")
    stop("+14165550101", sender)

    message = queue(
        replace(order(sender=sender), recipients=order("+14165550100", "+14165550101").recipients), now=timezone.now()
    )

    row = message.transactions.get(recipient="+14165550101")
    assert list(row.timeline.values_list("kind", "state", "code")) == [("blocked", "blocked", "opted_out")]
    assert (row.next_attempt_at, row.reason_code, message.total) == (None, "opted_out", 2)


def test_nobody_left_to_send_to_stops_the_message(order, at):
    sender = at("webex")
    stop("+14165550100", sender)
    assert codes(order(sender=sender)) == {"recipients_opted_out"}


# Taking over


@pytest.fixture
def chain(order, at) -> tuple[list[Sender], Transaction]:
    """A message that four senders may carry, in this order."""
    senders = [at("webex"), at("telesign", "44444"), at("sinch", "55555"), at("skycore", "66666")]
    return senders, queue(choosing(order, *senders, content=ONE), now=timezone.now()).transactions.get()


def test_the_next_in_order_takes_over_and_nobody_after_the_last(chain):
    senders, row = chain
    assert [next_sender(row, after=sender.pk) for sender in senders] == [*senders[1:], None]


def test_who_is_paused_by_now_is_passed_over(chain):
    senders, row = chain
    pause(senders[1])
    pause(senders[2], account=True)
    assert next_sender(row, after=senders[0].pk) == senders[3]


def test_who_does_not_reach_the_recipient_is_passed_over(chain):
    senders, row = chain
    Sender.objects.filter(pk=senders[0].pk).update(country="GB")
    Sender.objects.filter(pk=senders[2].pk).update(country="GB")
    row.recipient = "+442071838750"
    assert next_sender(row, after=senders[0].pk) == senders[2]


def test_whose_provider_would_not_take_the_content_is_passed_over(chain):
    senders, row = chain
    Message.objects.update(content=THREE.to_json())
    row = Transaction.objects.select_related("message").get()
    assert next_sender(row, after=senders[0].pk) == senders[2]


def test_who_may_not_send_any_more_is_passed_over(chain):
    senders, row = chain
    Sender.objects.filter(pk=senders[1].pk).update(mms_enabled=False)
    assert next_sender(row, after=senders[0].pk) == senders[2]


def test_nobody_takes_over_for_a_recipient_who_said_stop(chain):
    senders, row = chain
    stop(row.recipient, senders[0])
    assert next_sender(row, after=senders[0].pk) is None


def test_a_message_with_one_sender_has_nobody_to_take_over(order, at):
    sender = at("webex")
    row = queue(order(sender=sender), now=timezone.now()).transactions.get()
    assert row.message.alternatives == []
    assert next_sender(row, after=sender.pk) is None
    assert next_sender(row, after=row.pk) is None


def test_taking_over_costs_two_queries(chain, django_assert_num_queries):
    senders, _row = chain
    row = Transaction.objects.select_related("message").get()
    with django_assert_num_queries(2):
        next_sender(row, after=senders[0].pk)


def test_many_senders_cost_no_more_queries(order, at, django_assert_num_queries):
    senders = [at(name, f"{number}0000") for number in range(1, 6) for name in registry.names()]
    wanted = choosing(order, *senders, content=HELLO)
    with django_assert_num_queries(1):
        examine(wanted, now=timezone.now())


@pytest.mark.parametrize(("longest", "lives"), [(None, 72 * 3600), (3600, 3600), (30 * 86_400, 72 * 3600)])
def test_a_message_without_an_end_lives_as_long_as_carriers_or_its_provider_keep_it(
    order, at, monkeypatch, longest, lives
):
    profile = replace(registry.provider("webex").profile, longest_validity=longest)
    monkeypatch.setattr("messaging.queueing.profile_of", lambda _sender: profile)
    now = timezone.now()

    row = queue(order(sender=at("webex")), now=now).transactions.get()

    assert row.expires_at == now + timedelta(seconds=lives)


def test_a_finding_about_one_account_names_its_codes(order, at):
    (finding,) = [
        one
        for one in examine(order(sender=at("telesign", kind="long"), content=ONE), now=timezone.now()).findings
        if one.severity == "blocks"
    ]
    assert finding.providers == ("telesign",)
    assert finding.provider_codes == {"telesign": registry.provider("telesign").profile.codes[finding.code]}


def test_whose_provider_is_gone_is_passed_over(chain):
    senders, row = chain
    type(senders[1].account).objects.filter(pk=senders[1].account_id).update(provider="gone")
    assert next_sender(row, after=senders[0].pk) == senders[2]
