"""How a sandbox is set up: its clock, its ledger, and the tenants it serves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from messaging.gateway import serving
from messaging.gateway.serving import Tenant


class ConfigError(ValueError):
    """A configuration file that cannot be used; says which member and why."""


@dataclass(frozen=True, slots=True)
class Options:
    """One sandbox. `speed` divides every delay of providers and handsets (not the faults: they are measured against
    the caller's own clock); `receipt_timeout` replaces the provider's limit for one try, in seconds.

    `fetch_media` off accepts all media unseen. `reach_anything` lets fetches and receipts leave this machine.
    """

    ledger: Path
    speed: float = 1.0
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    inbound_url: str = ""
    receipt_timeout: float | None = None
    fetch_media: bool = True
    reach_anything: bool = False

    def tenant(self, provider: str) -> Tenant:
        """The tenant at a provider: the configured one, else the provider's demo tenant."""
        tenant = self.tenants.get(provider) or serving.server(provider).DEMO
        return replace(tenant, inbound_url=self.inbound_url) if self.inbound_url else tenant


def read_tenants(path: Path) -> dict[str, Tenant]:
    """The tenants of a JSON file: {"webex": {"senders": {"34343": true}, "tps": 10, ...}, ...}.

    Members that are left out keep the demo tenant's values. Raises ConfigError.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: an object of providers is expected.")
    tenants = {}
    for name, members in value.items():
        try:
            demo = serving.server(name).DEMO
        except LookupError as error:
            raise ConfigError(f"{path}: {error}") from error
        tenants[name] = _tenant(members, demo, f"{path}: {name}")
    return tenants


def changed(tenant: Tenant, members: Any, where: str) -> Tenant:
    """A tenant with some members exchanged, as they stand in a JSON file. Raises ConfigError."""
    return _tenant(members, tenant, where)


def _tenant(members: Any, demo: Tenant, where: str) -> Tenant:
    if not isinstance(members, dict):
        raise ConfigError(f"{where}: an object is expected.")
    known = {entry.name for entry in fields(Tenant)}
    if unknown := sorted(set(members) - known):
        raise ConfigError(f"{where}: {', '.join(unknown)} not known; there are {', '.join(sorted(known))}.")
    values = {name: _value(name, value, where) for name, value in members.items()}
    return replace(demo, **values)


def _value(name: str, value: Any, where: str) -> Any:
    match name, value:
        case "credentials", dict() if all(_is_texts(given) for given in value.values()):
            return {key: tuple([given] if isinstance(given, str) else given) for key, given in value.items()}
        case (("senders" | "options"), dict()) if all(isinstance(flag, bool) for flag in value.values()):
            return value
        case "tps", int() | float() if not isinstance(value, bool) and value > 0:
            return value
        case ("sources", list()) if all(_is_network(entry) for entry in value):
            return tuple(value)
        case ("templates", list()) if _is_texts(value):
            return tuple(value)
        case (("webhook_url" | "webhook_key" | "inbound_url"), str()):
            return value
    raise ConfigError(f"{where}: {name} has a wrong type or value: {value!r:.80}")


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))


def _is_network(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ip_network(value))
    except ValueError:
        return False
