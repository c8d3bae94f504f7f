"""Who works with the demo and through whom it sends: users, an account at each provider, senders, API keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils import timezone

from messaging.addresses import SenderKind
from messaging.gateway import serving
from messaging.models import SCOPES, ApiKey, ProviderAccount, Sender, issue_key

# Known to everyone who reads this: fit for a demo on loopback and for nothing else.
PASSWORD = "northwind-demo-only"  # noqa: S105
# Most of the demo's story is told by this one.
MAIN = "webex"
# Where the sandbox's tenant has more than one way in, the one that is used here.
WAYS_IN = {MAIN: ("service_key",)}
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
SHARED = "34343"
SENDERS = (
    (SHARED, "Shop alerts", SenderKind.SHORT_CODE),
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


def accounts(sandbox_url: str) -> dict[str, ProviderAccount]:
    """An account at each provider that the sandbox plays, by the provider's name. The sandbox may have moved to another
    port since the last time."""
    return {name: _account(name, sandbox_url) for name in serving.served()}


def _account(provider: str, sandbox_url: str) -> ProviderAccount:
    played = serving.server(provider)
    name = f"{played.LABEL} (sandbox)"
    row = ProviderAccount.objects.filter(name=name).first()
    if row is None:
        known = played.DEMO.credentials
        row = ProviderAccount(name=name, provider=provider)
        row.credentials = {key: known[key][0] for key in WAYS_IN.get(provider, known)}
    row.base_url = f"{sandbox_url}/{provider}{serving.base_path(provider)}"
    row.save()
    return row


def senders(row: ProviderAccount) -> dict[str, Sender]:
    """The main account's sender IDs by address."""
    return {address: _sender(row, address, label, kind) for address, label, kind in SENDERS}


def sender(row: ProviderAccount) -> Sender:
    """The one sender ID of another account: the same short code again, as the carriers allow."""
    return _sender(row, SHARED, f"Shop by {serving.server(row.provider).LABEL}", SenderKind.SHORT_CODE)


def _sender(row: ProviderAccount, address: str, label: str, kind: SenderKind) -> Sender:
    return Sender.objects.get_or_create(account=row, address=address, defaults={"label": label, "kind": kind})[0]


def tenants(rows: Mapping[str, ProviderAccount]) -> dict[str, dict[str, str]]:
    """What the sandbox must know of us: where each provider posts receipts, and what handsets send. Holds secrets."""
    return {name: {"webhook_url": row.webhook_url, "inbound_url": row.webhook_url} for name, row in rows.items()}


def shop_key() -> ApiKey:
    """The integration that sent part of the history. Nobody knows its key."""
    known = ApiKey.objects.filter(name=SHOP_KEY).first()
    return known or issue_key(name=SHOP_KEY, scopes=["messages:send", "messages:read"])[0]


def fresh_key() -> str:
    """A new key to play with, in place of the one of the last start. Out: the whole key, never shown again."""
    ApiKey.objects.filter(name=DEMO_KEY, revoked_at=None).update(revoked_at=timezone.now())
    return issue_key(name=DEMO_KEY, scopes=list(SCOPES))[1]
