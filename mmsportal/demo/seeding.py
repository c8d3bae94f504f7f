"""Fills an empty portal for the demo, and tops up one that has been filled before. Nothing is taken away."""

import json
from dataclasses import dataclass
from datetime import datetime

from media.models import Asset
from messaging.models import Transaction
from mmsportal import env
from mmsportal.demo import people, traffic
from mmsportal.demo.campaigns import WEEKEND, templates
from mmsportal.demo.library import library
from mmsportal.demo.stage import tenants_file


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
    accounts = people.accounts(sandbox_url)
    main = accounts.pop(people.MAIN)
    assets = library(users["mira"])
    cast = traffic.Cast(
        composer=users["mira"],
        shop=people.shop_key(),
        account=main.opened(),
        senders=people.senders(main),
        elsewhere={name: people.sender(account) for name, account in accounts.items()},
        templates=templates(users["mira"], assets),
    )
    traffic.past(cast, now=now)
    traffic.present(cast, assets, now=now)
    _tell_the_sandbox(people.tenants({people.MAIN: main, **accounts}))
    return Seeded(
        people.fresh_key(),
        str(cast.templates[WEEKEND].pk),
        Transaction.objects.count(),
        Asset.objects.usable().count(),
    )


def _tell_the_sandbox(tenants: dict[str, dict[str, str]]) -> None:
    """Write its configuration, which nobody else may read."""
    file = tenants_file(env.VAR_DIR)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(tenants), encoding="utf-8")
