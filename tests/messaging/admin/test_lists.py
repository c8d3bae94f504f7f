"""What all admin lists share: they cost a fixed number of queries, and open only with the right."""

from collections.abc import Callable
from itertools import count

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from messaging.models import ProviderAccount, ReceiptInbox, Sender, Template, issue_key

NUMBERS = count()
MAKERS: dict[str, Callable[[ProviderAccount], object]] = {
    "messaging_provideraccount": lambda _: ProviderAccount.objects.create(
        name=f"Account {next(NUMBERS)}", provider="webex"
    ),
    "messaging_sender": lambda account: Sender.objects.create(
        address=str(1000 + next(NUMBERS)), kind="short_code", account=account
    ),
    "messaging_template": lambda _: Template.objects.create(name=f"Template {next(NUMBERS)}").slides.create(position=0),
    "messaging_apikey": lambda _: issue_key(name="Key", scopes=[]),
    "messaging_receiptinbox": lambda account: ReceiptInbox.objects.create(
        account=account,
        received_at=timezone.now(),
        method="POST",
        body=b"",
        digest=str(next(NUMBERS)),
        next_attempt_at=timezone.now(),
    ),
    "auth_user": lambda _: User.objects.create_user(f"user{next(NUMBERS)}").groups.add(Group.objects.first()),
    "auth_group": lambda _: Group.objects.create(name=f"Group {next(NUMBERS)}"),
}


@pytest.mark.parametrize("path", ["/admin/", "/admin/messaging/", "/admin/password_change/"])
def test_the_administration_bears_the_portals_name(chief, path) -> None:
    page = chief.get(path).content.decode()
    assert "MMS portal" in page.split("</title>", 1)[0]
    assert "Django" not in page
    assert "Site administration" not in page


@pytest.mark.parametrize("name", MAKERS)
def test_a_list_costs_the_same_however_long_it_is(
    chief, account, name, django_assert_max_num_queries, make_user
) -> None:
    address = reverse(f"admin:{name}_changelist")
    MAKERS[name](account)
    MAKERS[name](account)
    with django_assert_max_num_queries(12) as few:
        assert chief.get(address).status_code == 200
    for _number in range(8):
        MAKERS[name](account)
    with django_assert_max_num_queries(len(few)):
        assert chief.get(address).status_code == 200


@pytest.mark.parametrize("name", [*MAKERS])
def test_a_viewer_gets_into_none_but_senders_and_templates(client, viewer, name) -> None:
    client.force_login(viewer)
    allowed = name in {"messaging_sender", "messaging_template"}
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("name", MAKERS)
def test_every_add_page_opens_or_is_refused(chief, name) -> None:
    assert chief.get(reverse(f"admin:{name}_add")).status_code == (403 if "receipt" in name else 200)


def test_a_sender_must_look_like_its_kind(keeper, account) -> None:
    form = {"address": "1", "kind": "short_code", "country": "US", "account": str(account.pk)}
    answer = keeper.post(reverse("admin:messaging_sender_add"), form)
    assert "address" in answer.context["adminform"].form.errors
    keeper.post(reverse("admin:messaging_sender_add"), form | {"address": "34343", "mms_enabled": "on"})
    assert Sender.objects.get().address == "34343"


def test_the_index_and_the_login_open(client, chief) -> None:
    assert chief.get(reverse("admin:index")).status_code == 200
    client.logout()
    assert b"login-mark" in client.get(reverse("admin:login")).content


def test_the_last_sender_of_a_key_cannot_be_deleted_and_so_widen_it(keeper, sender, account) -> None:
    key, _token, _secret = issue_key(name="Shop", scopes=["messages:send"], senders=[sender])
    other = Sender.objects.create(address="1234", kind="short_code", account=account)
    page, both = reverse("admin:messaging_sender_delete", args=[sender.pk]), [str(sender.pk), str(other.pk)]
    bulk = {"action": "delete_selected", "_selected_action": both, "post": "yes"}
    assert "allowed every sender" in keeper.get(page).content.decode()
    keeper.post(page, {"post": "yes"})
    keeper.post(reverse("admin:messaging_sender_changelist"), bulk)
    assert list(Sender.objects.for_key(key)) == [sender]
    key.senders.add(other)
    assert keeper.post(page, {"post": "yes"}).status_code == 302
    assert list(Sender.objects.for_key(key)) == [other]


def test_the_last_group_of_a_sender_cannot_be_deleted_and_so_open_it(chief, sender, viewer) -> None:
    group = Group.objects.create(name="Marketing")
    sender.allowed_groups.add(group)
    page = reverse("admin:auth_group_delete", args=[group.pk])
    assert "everybody could then use it" in chief.get(page).content.decode()
    chief.post(page, {"post": "yes"})
    assert not Sender.objects.for_user(viewer).exists()
    sender.allowed_groups.add(Group.objects.get(name="Viewer"))
    assert chief.post(page, {"post": "yes"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("messaging_optout", "number__startswith=%2B1416"),
        ("messaging_optout", "number=%2B14165550101"),
        ("messaging_optout", "evidence__contains=a"),
        ("messaging_receiptinbox", "body__contains=a"),
        ("messaging_receiptinbox", "account__webhook_secret__startswith=a"),
        ("messaging_apikey", "digest__startswith=a"),
        ("messaging_provideraccount", "webhook_secret__startswith=a"),
        ("auth_user", "password__startswith=a"),
        ("media_asset", "token__startswith=a"),
    ],
)
def test_a_list_cannot_be_asked_about_what_it_does_not_show(chief, name, query) -> None:
    assert chief.get(f"{reverse(f'admin:{name}_changelist')}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("messaging_optout", "state=stands&source__exact=handset&sender__isnull=True"),
        ("messaging_receiptinbox", "state__exact=orphan"),
        ("messaging_sender", "kind__exact=10dlc&mms_enabled__exact=1&country=US"),
        ("messaging_providercode", "provider=webex&where__exact=answer&mapped_at__isempty=1"),
        ("auth_user", "is_active__exact=1&q=sam"),
        ("media_asset", "kind__exact=image&o=1"),
    ],
)
def test_the_filters_of_a_list_work(chief, name, query) -> None:
    assert chief.get(f"{reverse(f'admin:{name}_changelist')}?{query}").status_code == 200


@pytest.mark.parametrize("name", ["messaging_optout", "messaging_receiptinbox", "messaging_sender", "media_asset"])
@pytest.mark.parametrize("query", ["state__exact=%00", "source__exact=%00", "kind__exact=a%00", "q=%00", "o=%00"])
def test_a_nul_in_an_address_breaks_no_list(chief, name, query) -> None:
    assert chief.get(f"{reverse(f'admin:{name}_changelist')}?{query}").status_code in (302, 400)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("messaging_optout", "lift"),
        ("messaging_receiptinbox", "replay"),
        ("messaging_provideraccount", "pause"),
        ("messaging_apikey", "revoke"),
    ],
)
@pytest.mark.parametrize("chosen", ["zz", "", "a\0b", "9" * 40])
def test_an_action_on_what_is_no_row_is_refused(chief, account, name, action, chosen) -> None:
    if name in MAKERS:
        MAKERS[name](account)
    form = {"action": action, "_selected_action": [chosen], "reason": "x"}
    assert chief.post(reverse(f"admin:{name}_changelist"), form).status_code == 400
