"""Who uses a file, as the library shows it: templates, drafts and messages by name, with the way to each."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from media import uses
from media.uses import Users
from messaging.models import Draft, Message, Template


def register() -> None:
    """Tell the library; it knows nothing of messages."""
    uses.tellers.update({"template": _templates, "draft": _drafts, "message": _messages})


def _templates(number: int, ids: Sequence[str], _person: User) -> Users:
    rows = Template.objects.filter(pk__in=ids).values_list("name", "pk")
    words = ngettext("%(n)s template", "%(n)s templates", number) % {"n": number}
    return Users(words, [(name, reverse("web:template", args=[pk])) for name, pk in rows])


def _drafts(number: int, ids: Sequence[str], person: User) -> Users:
    """Only one's own are named: what others write is theirs until it is sent."""
    rows = Draft.objects.filter(pk__in=ids, owner=person)
    words = ngettext("%(n)s draft", "%(n)s drafts", number) % {"n": number}
    return Users(words, [(_named(str(row)), f"{reverse('web:compose')}?draft={row.pk}") for row in rows])


def _messages(number: int, ids: Sequence[str], _person: User) -> Users:
    rows = Message.objects.filter(pk__in=ids)
    words = ngettext("%(n)s message", "%(n)s messages", number) % {"n": number}
    return Users(words, [(_named(str(row)), reverse("web:message", args=[row.pk])) for row in rows])


def _named(name: str) -> str:
    return name or _("Untitled")
