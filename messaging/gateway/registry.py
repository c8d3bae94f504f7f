"""Finds the provider folders by name. Nobody imports a provider directly: a fifth one is only a new folder."""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from messaging.gateway.codes import Code, Where
from messaging.gateway.contract import Client, Probe, Provider, Query, Saving

HOME = "messaging.providers"


@cache
def names() -> tuple[str, ...]:
    """The providers there are, in alphabetical order."""
    home = import_module(HOME)
    return tuple(sorted(module.name for module in pkgutil.iter_modules(home.__path__) if module.ispkg))


@cache
def provider(name: str) -> Provider:
    """A provider by the name of its folder. Raises LookupError when there is none."""
    if name not in names():
        raise LookupError(f"No provider is called {name!r}; there are {', '.join(names())}.")
    profile = import_module(f"{HOME}.{name}.profile")
    codes = import_module(f"{HOME}.{name}.codes")
    client = import_module(f"{HOME}.{name}.client")
    return Provider(
        name,
        profile.PROFILE,
        codes.CODES,
        cast(Client, client),
        cast(Saving | None, _offered(name, "saving")),
        cast(Query | None, _offered(name, "query")),
        cast(Probe | None, _offered(name, "probe")),
        getattr(profile, "profile_for", None),
    )


def _offered(name: str, module: str) -> object:
    """A module that a provider folder may leave out."""
    return import_module(f"{HOME}.{name}.{module}") if find_spec(f"{HOME}.{name}.{module}") else None


def explain(name: str, where: Where, code: str) -> Code | None:
    """What a provider's code means, or None when its table has no such code."""
    return provider(name).codes.get((where, code))
