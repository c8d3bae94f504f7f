"""Fills an empty portal for the demo, and tops up one that has been filled before. Nothing is taken away."""

from dataclasses import dataclass
from datetime import datetime

from media.models import Asset
from messaging.models import Transaction
from mmsportal.demo import people, traffic
from mmsportal.demo.campaigns import WEEKEND, templates
from mmsportal.demo.library import library


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the greeting tells: the fresh API key, a template to send with it, and how much there is to see."""

    api_key: str
    template: str
    transactions: int
    assets: int


def seed(sandbox_url: str, *, now: datetime) -> Seeded:
    """Make people, senders, files, templates and traffic, each only where it is missing; queue live messages."""
    users = people.people()
    account = people.account(f"{sandbox_url}/webex")
    assets = library(users["mira"])
    cast = traffic.Cast(
        composer=users["mira"],
        shop=people.shop_key(),
        account=account.opened(),
        senders=people.senders(account),
        templates=templates(users["mira"], assets),
    )
    traffic.past(cast, now=now)
    traffic.present(cast, now=now)
    return Seeded(
        people.fresh_key(),
        str(cast.templates[WEEKEND].pk),
        Transaction.objects.count(),
        Asset.objects.usable().count(),
    )
