"""Every code of every provider in plain words, and those an admin has explained: one searchable page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views import View

from messaging import meanings, portal_codes
from messaging.code_words import RETRY_WORDS, Retry, does, retry
from messaging.gateway import registry
from messaging.gateway.codes import Code, OutcomeClass, Where, Whose
from messaging.statuses import HANDED_OVER, LABELS, LOST, Status
from messaging.web.shell import PortalMixin

MOST = 300
PORTAL = "portal"
MOST_BANNERS = 3
WHERE = {Where.ANSWER: gettext_noop("Answer"), Where.RECEIPT: gettext_noop("Receipt")}
WHOSE = {
    Whose.SENDER: gettext_noop("Whoever wrote it"),
    Whose.ADMIN: gettext_noop("An administrator"),
    Whose.RECIPIENT: gettext_noop("The recipient"),
    Whose.PROVIDER: gettext_noop("The provider"),
    Whose.NOBODY: gettext_noop("Nobody"),
}
OUTCOMES = {
    OutcomeClass.ACCEPTED: (gettext_noop("Accepted"), "ok"),
    OutcomeClass.RETRY: (gettext_noop("Tried again"), "info"),
    OutcomeClass.FAILED: (gettext_noop("Failed"), "err"),
    OutcomeClass.CONFIGURATION: (gettext_noop("Account fault"), "warn"),
    OutcomeClass.BLOCKED: (gettext_noop("Held back"), "warn"),
    OutcomeClass.UNKNOWN: (gettext_noop("Outcome unknown"), "warn"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One code as the page shows it; `mapped` when an admin has explained it, not the provider's contract."""

    provider: str
    label: str
    code: Code
    mapped: bool

    @property
    def where(self) -> str:
        return WHERE[self.code.where]

    @property
    def whose(self) -> str:
        return WHOSE[self.code.whose]

    @property
    def does(self) -> str:
        return does(self.code)

    @property
    def retry(self) -> str:
        return RETRY_WORDS[retry(self.code)]

    @property
    def retry_level(self) -> str:
        return {Retry.NO: "err", Retry.RISKY: "warn", Retry.BY_ITSELF: "ok"}.get(retry(self.code), "")

    @property
    def what(self) -> tuple[str, str]:
        """The class as a pill: its words and its level."""
        if self.code.outcome:
            return OUTCOMES[self.code.outcome]
        if self.code.where is Where.ANSWER:
            return gettext_noop("It depends"), "warn"
        if self.code.state is None:
            return gettext_noop("Information"), ""
        return LABELS[self.code.state], level_of(self.code.state)

    @property
    def text(self) -> str:
        """Everything the search looks through, in small letters."""
        code = self.code
        said = (code.meaning, code.next_step, self.what[0], self.whose)
        words = (self.provider, self.label, code.code, *said, *map(_, said))
        return " ".join(words).casefold()


class CodeFilters(forms.Form):
    """What the page can be narrowed by. What makes no sense is named and left out, never an error page."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    provider = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)
    where = forms.ChoiceField(
        label=gettext_lazy("Seen in"),
        required=False,
        choices=[
            ("", gettext_lazy("Both")),
            (Where.ANSWER.value, gettext_lazy("Answers")),
            (Where.RECEIPT.value, gettext_lazy("Receipts")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        names = [(name, meanings.label_of(name)) for name in registry.names()]
        provider.choices = [("", gettext_lazy("All")), *names, (PORTAL, portal_codes.LABEL)]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A code that waits for a meaning, as a banner tells of it; the last banner says that there are `more`."""

    pk: int
    label: str
    code: str
    where: str
    seen_count: int
    sample: str
    more: bool


class CodeList(PortalMixin, View):
    """The page of all codes. No message of anybody's is in it: any staff may read it."""

    title = gettext_noop("Codes")

    def has_permission(self) -> bool:
        user = self.request.user
        return isinstance(user, User) and user.is_staff

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = CodeFilters(request.GET)
        filters.is_valid()
        wanted = filters.cleaned_data
        found = search(wanted.get("q", ""), provider=wanted.get("provider", ""), where=wanted.get("where", ""))
        context = {
            "filters": filters,
            "rows": found[:MOST],
            "number": len(found),
            "most": MOST,
            "used": any(wanted.values()),
            "unknown_codes": unknowns(request.user),
        }
        return self.render("messaging/codes/list.html", context)


def unknowns(user: AbstractBaseUser | AnonymousUser) -> list[Unknown]:
    """The latest codes that wait for a meaning, for those who may look at them. One query at most."""
    if not isinstance(user, User) or not user.has_perm("messaging.view_providercode"):
        return []
    rows = list(meanings.waiting()[: MOST_BANNERS + 1])
    return [
        Unknown(
            pk=row.pk,
            label=meanings.label_of(row.provider),
            code=row.code,
            where=row.where,
            seen_count=row.seen_count,
            sample=row.sample,
            more=position == MOST_BANNERS < len(rows),
        )
        for position, row in enumerate(rows[:MOST_BANNERS], start=1)
    ]


def search(text: str, *, provider: str = "", where: str = "") -> Sequence[Row]:
    """The codes that hold every word of `text`, those whose code is that very text first. One query at most."""
    words = text.replace("\x00", " ").casefold().split()
    found = [
        row
        for row in every_row()
        if (not provider or row.provider == provider)
        and (not where or row.code.where.value == where)
        and all(word in row.text for word in words)
    ]
    whole = " ".join(words)

    def place(row: Row) -> tuple[bool, bool, str, str, str]:
        return (row.code.code.casefold() != whole, row.provider == PORTAL, row.label, row.code.where, row.code.code)

    return sorted(found, key=place)


def every_row() -> Iterator[Row]:
    """Every code there is a meaning for."""
    for name in registry.names():
        label = meanings.label_of(name)
        for code in registry.provider(name).codes.values():
            yield Row(name, label, code, mapped=False)
    for code in portal_codes.CODES.values():
        yield Row(PORTAL, portal_codes.LABEL, code, mapped=False)
    for name, code in meanings.mapped():
        yield Row(name, meanings.label_of(name), code, mapped=True)


def level_of(state: Status) -> str:
    """The colour of a status that a receipt claims."""
    if state in HANDED_OVER:
        return "ok"
    return "err" if state in LOST else "warn" if state in (Status.UNKNOWN, Status.UNCONFIRMED) else "info"
