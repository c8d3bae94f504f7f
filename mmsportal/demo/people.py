"""Who works with the demo and through whom it sends: users, the sandbox's account, senders, API keys."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils import timezone

from messaging.addresses import SenderKind
from messaging.models import SCOPES, ApiKey, ProviderAccount, Sender, issue_key

# Known to everyone who reads this: fit for a demo on loopback and for nothing else.
PASSWORD = "northwind-demo-only"  # noqa: S105
ACCOUNT = "Webex Connect (sandbox)"
CREDENTIALS = {"service_key": "sandbox-service-key"}
DEMO_KEY = "Demo key"
SHOP_KEY = "Northwind shop"


@dataclass(frozen=True, slots=True)
class Person:
    """A login of the demo; without a group it may do everything."""

    username: str
    first_name: str
    last_name: str
    group: str


PEOPLE = (
    Person("admin", "Ada", "Example", ""),
    Person("mira", "Mira", "Example", "Composer"),
    Person("sam", "Sam", "Example", "Sender admin"),
    Person("vera", "Vera", "Example", "Viewer"),
)
SENDERS = (
    ("34343", "Shop alerts", SenderKind.SHORT_CODE),
    ("70707", "Service desk", SenderKind.SHORT_CODE),
    ("+16475550100", "Campaigns", SenderKind.TEN_DLC),
)


def people() -> dict[str, User]:
    """The demo's users by name; one who exists is left as he is, password included."""
    known = {user.username: user for user in User.objects.filter(username__in=[one.username for one in PEOPLE])}
    lacking = [person for person in PEOPLE if person.username not in known]
    # Hashed once for all of them: it is made to be slow.
    password = make_password(PASSWORD) if lacking else ""
    return known | {person.username: _user(person, password) for person in lacking}


def _user(person: Person, password: str) -> User:
    user = User.objects.create(
        username=person.username,
        email=f"{person.username}@northwind.example",
        password=password,
        first_name=person.first_name,
        last_name=person.last_name,
        is_staff=True,
        is_superuser=not person.group,
    )
    user.groups.set(Group.objects.filter(name=person.group))
    return user


def account(base_url: str) -> ProviderAccount:
    """The account at the sandbox, which may have moved to another port since the last time."""
    row = ProviderAccount.objects.filter(name=ACCOUNT).first()
    if row is None:
        row = ProviderAccount(name=ACCOUNT, provider="webex")
        row.credentials = CREDENTIALS
    row.base_url = base_url
    row.save()
    return row


def senders(row: ProviderAccount) -> dict[str, Sender]:
    """The account's sender IDs by address."""
    return {
        address: Sender.objects.get_or_create(account=row, address=address, defaults={"label": label, "kind": kind})[0]
        for address, label, kind in SENDERS
    }


def shop_key() -> ApiKey:
    """The integration that sent part of the history. Nobody knows its key."""
    known = ApiKey.objects.filter(name=SHOP_KEY).first()
    return known or issue_key(name=SHOP_KEY, scopes=["messages:send", "messages:read"])[0]


def fresh_key() -> str:
    """A new key to play with, in place of the one of the last start. Out: the whole key, never shown again."""
    ApiKey.objects.filter(name=DEMO_KEY, revoked_at=None).update(revoked_at=timezone.now())
    return issue_key(name=DEMO_KEY, scopes=list(SCOPES))[1]
