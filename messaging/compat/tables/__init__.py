"""What becomes of each member of a call, format by format: for those who move here from a provider.

Data only, one module a format. `MAPS` says what a member becomes, `IGNORED` why it changes nothing, `REFUSED` what that
provider takes and we do not, with the answer it gets.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from messaging.compat.dialects import DIALECTS
from messaging.compat.tables import sinch, skycore, telesign, webex


@dataclass(frozen=True, slots=True)
class Table:
    """One format: where it is spoken, which credentials it takes, and what becomes of its members."""

    name: str
    label: str
    addresses: tuple[str, ...]
    credentials: str
    maps: Mapping[str, str]
    ignored: Mapping[str, str]
    refused: Mapping[str, str]


TABLES = tuple(
    Table(
        name=name,
        label=DIALECTS[name].server.LABEL,
        addresses=data.ADDRESSES,
        credentials=data.CREDENTIALS,
        maps=data.MAPS,
        ignored=data.IGNORED,
        refused=data.REFUSED,
    )
    for name, data in {"webex": webex, "telesign": telesign, "sinch": sinch, "skycore": skycore}.items()
)
