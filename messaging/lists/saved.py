"""Lists that are kept: under a name, one's own or shared with everybody who may send; and clearing the others away."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.transaction import atomic

from messaging.lists.columns import NUMBER
from messaging.lists.importing import fill
from messaging.lists.troubles import Unreadable
from messaging.models import Draft, RecipientList

LONGEST_NAME = 120
# Of numbers that were typed; with its space it can be no placeholder's name.
NUMBERS = "Phone number"
# What no draft names any more can still be brought back by undoing, until then.
KEPT_UNNAMED = timedelta(days=7)
INTERRUPTED = timedelta(hours=1)


def visible(user: User) -> QuerySet[RecipientList]:
    """The lists that a person may send to: own ones and shared ones."""
    return RecipientList.objects.filter(Q(owner=user) | Q(shared=True))


def kept(user: User) -> QuerySet[RecipientList]:
    """Those of them that have a name."""
    return visible(user).exclude(name="").order_by("name", "pk")


def keep(identity: UUID, owner: User, *, name: str, shared: bool) -> RecipientList:
    """Give a list of one's own a name, so that it stays. Raises RecipientList.DoesNotExist, Unreadable."""
    name = "".join(c for c in name if c.isprintable()).strip()
    if not name or len(name) > LONGEST_NAME:
        raise Unreadable("list_name")
    parent = RecipientList.objects.get(pk=identity, owner=owner)
    parent.name, parent.shared = name, shared
    try:
        with atomic():
            parent.save(update_fields=["name", "shared", "updated_at"])
    except IntegrityError as error:
        raise Unreadable("list_name_taken", actual=name) from error
    return parent


def keep_typed(
    people: Iterable[tuple[str, Mapping[str, str]]], owner: User, *, region: str = "US", source: str = ""
) -> RecipientList:
    """A list of the numbers that somebody typed, each with its own values. It has no name yet."""
    entries = list(people)
    found = list(dict.fromkeys(name for _number, values in entries for name in values))
    parent = RecipientList(owner=owner, source=source, region=region, columns=[NUMBERS, *found])
    parent.mapping = {NUMBERS: NUMBER, **{name: f"${name}" for name in found}}
    parent.save()
    fill(parent, ([number, *(values.get(name, "") for name in found)] for number, values in entries))
    return parent


def forget(identity: UUID, owner: User) -> None:
    """Delete a list of one's own; what was sent to it keeps its recipients. Raises RecipientList.DoesNotExist."""
    RecipientList.objects.get(pk=identity, owner=owner).delete()


def purge(*, now: datetime) -> int:
    """Clear away the lists that nobody can reach: unnamed ones of no draft, and halves of files. Out: how many."""
    drafts = Draft.objects.filter(recipient_list=OuterRef("pk"))
    forgotten = Q(name="", updated_at__lt=now - KEPT_UNNAMED) & ~Exists(drafts)
    half = Q(status=RecipientList.Status.READING, version=1, updated_at__lt=now - INTERRUPTED)
    gone = list(RecipientList.objects.filter(forgotten | half).values_list("pk", flat=True)[:100])
    RecipientList.objects.filter(pk__in=gone).delete()
    return len(gone)
