"""Two weeks of past traffic, and a few live messages to watch. The past is made of rows that nothing sends again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from django.contrib.auth.models import User
from django.db.transaction import atomic

from media.models import Asset
from messaging import timeline
from messaging.composing import resolve
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway.contract import Account
from messaging.models import (
    ApiKey,
    Message,
    ReceiptInbox,
    SendAttempt,
    Sender,
    Template,
    TimelineEntry,
    Transaction,
    client_ref,
)
from messaging.queueing import VALIDITY, Order, RecipientOrder, queue
from messaging.statuses import Status
from messaging.templates import template_content
from mmsportal.demo.campaigns import CAMPAIGNS, WEB, WEEKEND, Campaign
from mmsportal.demo.lives import Rows, live
from mmsportal.demo.people import SHARED

SEED = 34343
DAYS = 14
# The newest past message is this old, so that the live ones stand above it.
LATELY = timedelta(minutes=15)
OPENS, OPEN_MINUTES = time(8, 30), 12 * 60
PER_DAY = (8, 9, 9, 10, 12, 7, 4)
AREAS = ("206", "212", "312", "415", "416", "512", "604", "613", "647", "718")
NAMES = ("Alex", "Bea", "Chris", "Dana", "Eli", "Fay", "Gus", "Hana", "Ivo", "June", "Kim", "Lou", "Max", "Noa", "Uma")
# Numbers of the sandbox and what they show: read, clicked, fallback SMS, a wrong number, STOP and a picture in return.
LIVE = {
    WEEKEND: (
        *("+14165550100", "+14165550101", "+14165550102", "+14165550107"),
        *("+14165550105", "+14165550140", "+14165550141"),
    ),
    "Order ready": ("+16475550101", "+16475550113"),
    "On its way": ("+12125550104", "+12125550109"),
}
# The same through every other provider: delivered, as SMS, answered with STOP, answered with a picture.
ELSEWHERE = {
    "telesign": ("+12065550100", "+12065550107", "+12065550140", "+12065550141"),
    "sinch": ("+13125550100", "+13125550107", "+13125550140", "+13125550141"),
    "skycore": ("+15125550100", "+15125550107", "+15125550140", "+15125550141"),
}
# What they all can carry: one picture and nothing else.
POSTCARD = "Postcard"
AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what the traffic is made of."""

    composer: User
    shop: ApiKey
    account: Account
    senders: Mapping[str, Sender]
    elsewhere: Mapping[str, Sender]
    templates: Mapping[str, Template]


def past(cast: Cast, *, now: datetime) -> int:
    """Write the last DAYS days, unless there are messages already. Out: how many transactions."""
    if Message.objects.exists():
        return 0
    chance = Random(SEED)  # noqa: S311 (the same plausible traffic each time; nothing secret)
    contents = {name: resolve(template_content(template))[0] for name, template in cast.templates.items()}
    messages, rows = [], Rows()
    for campaign, at in _schedule(chance, now):
        message = _message(cast, campaign, contents[campaign.name], at, chance)
        messages.append(message)
        for row in _recipients(cast, message, campaign, chance):
            live(row, cast.account, rows, chance=chance, now=now)
    withdrawn = _message(cast, CAMPAIGNS[0], contents[WEEKEND], now - timedelta(days=2, hours=3), chance)
    messages.append(withdrawn)
    _withdraw(cast, withdrawn, rows, chance)
    # After three days nobody waits for it any more: whether chance left one since then depends on the day.
    unclear = _message(cast, CAMPAIGNS[0], contents[CAMPAIGNS[0].name], now - timedelta(hours=5), chance)
    messages.append(unclear)
    for row in _recipients(cast, unclear, CAMPAIGNS[0], chance):
        live(row, cast.account, rows, chance=chance, now=now, fate="delivered" if row.position else "unknown")
    _write(messages, rows, now)
    return len(rows.transactions)


def present(cast: Cast, assets: Mapping[str, Asset], *, now: datetime) -> int:
    """Queue a few messages to the sandbox's numbers, as staff would, through every provider. Out: how many
    transactions."""
    people = dict(zip([number for numbers in LIVE.values() for number in numbers], NAMES, strict=False))
    campaigns = {campaign.name: campaign for campaign in CAMPAIGNS}
    for name, numbers in LIVE.items():
        recipients = [
            RecipientOrder(number, substitutions={"name": people[number], "order": f"1088{position}"})
            for position, number in enumerate(numbers)
        ]
        order = Order(
            cast.senders[campaigns[name].sender],
            template_content(cast.templates[name]),
            recipients,
            purpose=campaigns[name].purpose,
            created_by=cast.composer,
        )
        queue(order, now=now)
    return len(people) + sum(_postcard(cast, name, assets, now) for name in cast.elsewhere)


def _postcard(cast: Cast, provider: str, assets: Mapping[str, Asset], now: datetime) -> int:
    """One picture through one provider, the others standing by. Out: how many transactions."""
    numbers = ELSEWHERE.get(provider, ())
    if not numbers:
        return 0
    others = [cast.senders[SHARED], *cast.elsewhere.values()]
    picture = Slide(parts=(Part("image", asset=str(assets["hills"].pk)),))
    fallback = FallbackSms("Northwind: autumn is here. Reply STOP to opt out.")
    order = Order(
        cast.elsewhere[provider],
        Content(f"{POSTCARD} by {provider.capitalize()}", "Autumn is here", (picture,), fallback),
        [RecipientOrder(number) for number in numbers],
        others=others,
        created_by=cast.composer,
    )
    return queue(order, now=now).total


def _schedule(chance: Random, now: datetime) -> Iterator[tuple[Campaign, datetime]]:
    """What was sent when, oldest first; nothing of the last minutes and nothing of the future."""
    weights = [campaign.weight for campaign in CAMPAIGNS]
    for ago in reversed(range(DAYS)):
        day = now - timedelta(days=ago)
        opens = datetime.combine(day.date(), OPENS, now.tzinfo)
        minutes = sorted(chance.uniform(0, OPEN_MINUTES) for _ in range(PER_DAY[day.weekday()]))
        for campaign, minute in zip(chance.choices(CAMPAIGNS, weights, k=len(minutes)), minutes, strict=True):
            if (at := opens + timedelta(minutes=minute)) < now - LATELY:
                yield campaign, at


def _message(cast: Cast, campaign: Campaign, content: Content, at: datetime, chance: Random) -> Message:
    by_staff = campaign.source == WEB
    return Message(
        pk=_identity(at, 0, chance),
        name=campaign.name,
        content=content.to_json(),
        sender=cast.senders[campaign.sender],
        purpose=campaign.purpose,
        source=campaign.source,
        created_by=cast.composer if by_staff else None,
        api_key=None if by_staff else cast.shop,
        callback_data="" if by_staff else f"shop=northwind;batch={chance.randrange(1000, 9999)}",
        total=chance.randint(campaign.fewest, campaign.most),
        created_at=at,
    )


def _recipients(cast: Cast, message: Message, campaign: Campaign, chance: Random) -> Iterator[Transaction]:
    # The last two digits from 50 on have no meaning of their own in the sandbox.
    numbers = chance.sample([f"+1{area}55501{ending}" for area in AREAS for ending in range(50, 100)], message.total)
    personal = any("$(" in text for _where, text in message.frozen.texts())
    for position, number in enumerate(numbers):
        order = str(chance.randrange(10_000, 11_000))
        identity = _identity(message.created_at, position, chance)
        yield Transaction(
            pk=identity,
            message=message,
            sender=cast.senders[campaign.sender],
            account=cast.senders[campaign.sender].account,
            position=position,
            client_ref=client_ref(identity),
            recipient=number,
            correlation_id=f"order-{order}" if message.api_key else "",
            substitutions={"name": chance.choice(NAMES), "order": order} if personal else {},
            status=Status.ACCEPTED,
            expires_at=message.created_at + VALIDITY,
            created_at=message.created_at,
            updated_at=message.created_at,
        )


def _withdraw(cast: Cast, message: Message, rows: Rows, chance: Random) -> None:
    """A message that was to leave a day later, and was cancelled after an hour."""
    message.send_at, later = message.created_at + timedelta(days=1), message.created_at + timedelta(hours=1)
    for row in _recipients(cast, message, CAMPAIGNS[0], chance):
        row.expires_at = message.send_at + VALIDITY
        person = TimelineEntry.Source.PERSON
        rows.transactions.append(row)
        rows.entries.append(timeline.entry(row, "scheduled", now=row.created_at, state=Status.SCHEDULED))
        rows.entries.append(timeline.entry(row, "cancelled", now=later, state=Status.CANCELLED, source=person))


def _write(messages: list[Message], rows: Rows, now: datetime) -> None:
    """Everything in one commit, in the order of its arrival; statuses computed from the facts as ever."""
    rows.inbox.sort(key=lambda row: row.received_at)
    rows.entries.sort(key=lambda entry: entry.received_at)
    latest = {entry.transaction_id: entry.received_at for entry in rows.entries}
    with atomic():
        # The facts before what they are about, which the commit will not mind: so each row is written once, settled.
        ReceiptInbox.objects.bulk_create(rows.inbox)
        timeline.append(rows.entries)
        for start in range(0, len(rows.transactions), AT_ONCE):
            some = rows.transactions[start : start + AT_ONCE]
            timeline.compute(some, now=now)
            for row in some:
                row.updated_at = latest[row.pk]
        Message.objects.bulk_create(messages)
        Transaction.objects.bulk_create(rows.transactions)
        SendAttempt.objects.bulk_create(rows.attempts)


def _identity(at: datetime, place: int, chance: Random) -> UUID:
    """A UUID of version 7 made at a past moment, so that lists in the order of ids show the past in its order."""
    stamp = int(at.timestamp() * 1000)
    return UUID(int=stamp << 80 | 7 << 76 | place << 64 | 2 << 62 | chance.getrandbits(62))
