"""The list of conversations: one row for each handset and sender of ours, the newest message first."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from django.views import View

from messaging import consent
from messaging.addresses import masked_in
from messaging.models import InboundMessage, Sender
from messaging.web.looks import number_for
from messaging.web.messages import page_link, readable_query, uuid_or_none
from messaging.web.searching import LEAST_DIGITS, read_number
from messaging.web.shell import PortalMixin

PAGE = 50
COUNTED = 1_000
LONGEST_LINE = 120
SUBSCRIBED = {"stop": gettext_noop("Left the campaign"), "start": gettext_noop("Joined the campaign")}


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation by its newest message from the handset; `silent` when we may not write to it."""

    message: InboundMessage
    number: str
    line: str
    silent: bool


class ConversationFilters(forms.Form):
    """What the list can be narrowed by. A value that makes no sense is named and left out."""

    q = forms.CharField(label=gettext_lazy("Number"), required=False, max_length=30)
    sender = forms.ModelChoiceField(
        label=gettext_lazy("Sender"), required=False, queryset=Sender.objects.none(), empty_label=gettext_lazy("All")
    )
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("All")), ("stopped", gettext_lazy("Opted out"))],
    )

    def __init__(self, data: dict[str, str], user: User) -> None:
        super().__init__(data)
        self.user = user
        sender = self.fields["sender"]
        assert isinstance(sender, forms.ModelChoiceField)
        sender.queryset = Sender.objects.for_user(user)

    def clean_q(self) -> Q | None:
        """The condition that the number typed in makes."""
        text: str = self.cleaned_data["q"]
        if not text:
            return None
        number = read_number(text, whole=self.user.has_perm("messaging.view_numbers"))
        if number is None:
            said = _("Give a whole number or its last digits, at least %(least)s.")
            raise forms.ValidationError(said % {"least": LEAST_DIGITS})
        return Q(number=number.whole) if number.whole else Q(number__endswith=number.ending)


class ConversationList(PortalMixin, View):
    """Conversations with the senders a person may use, continued after the message whose id is in `before`."""

    permission_required = "messaging.view_inboundmessage"
    title = gettext_noop("Conversations")

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        filters = ConversationFilters(readable_query(request), user)
        filters.is_valid()
        found = narrowed(newest(user), filters.cleaned_data)
        context = {
            "filters": filters,
            "used": any(filters.cleaned_data.values()),
            **page_of(found, request.GET.get("before", ""), whole=user.has_perm("messaging.view_numbers")),
        }
        context["older"] = page_link(request, context["before"])
        context["first"] = page_link(request, "")
        return self.render("messaging/conversations/list.html", context)


def visible(user: User) -> QuerySet[InboundMessage]:
    """What handsets wrote to the senders that a person may use.

    What came to an address that no sender has (any more) is for those who look after the accounts.
    """
    if user.is_superuser:
        return InboundMessage.objects.all()
    mine = Q(sender__in=Sender.objects.for_user(user))
    if user.has_perm("messaging.view_provideraccount"):
        mine |= Q(sender=None)
    return InboundMessage.objects.filter(mine)


def same_conversation() -> Q:
    """For a subquery: the messages of the outer row's conversation."""
    nobodys = Q(sender=None, account=OuterRef("account"), address=OuterRef("address"))
    return Q(number=OuterRef("number")) & (Q(sender=OuterRef("sender")) | nobodys)


def newest(user: User) -> QuerySet[InboundMessage]:
    """The newest visible message of each conversation, with whether its handset is `silent`; newest first."""
    newer = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id"))
    silent = consent.standing(OuterRef("number"), OuterRef("sender__address"))
    rows = visible(user).filter(~Exists(InboundMessage.objects.filter(same_conversation(), newer)))
    return rows.annotate(silent=Exists(silent)).order_by("-at", "-id")


def narrowed(found: QuerySet[InboundMessage], filters: dict[str, Any]) -> QuerySet[InboundMessage]:
    """The conversations that the read filters pick."""
    if condition := filters.get("q"):
        found = found.filter(condition)
    if sender := filters.get("sender"):
        found = found.filter(sender=sender)
    return found.filter(Q(silent=True)) if filters.get("show") else found


def page_of(found: QuerySet[InboundMessage], before: str, *, whole: bool) -> dict[str, Any]:
    """One page as rows, the id to continue after (None on the last page), and the capped number of all."""
    total = found.order_by()[: COUNTED + 1].count()
    after = uuid_or_none(before)
    if last := after and InboundMessage.objects.filter(pk=after).only("at").first():
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.pk))
    page = list(found.select_related("sender", "account")[: PAGE + 1])
    return {
        "rows": [row_of(message, whole=whole) for message in page[:PAGE]],
        "before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "continued": bool(last),
        "total": min(total, COUNTED),
        "more_than_total": total > COUNTED,
    }


def row_of(message: InboundMessage, *, whole: bool) -> Row:
    """A conversation as a line, numbers masked for those who may not see them."""
    text = " ".join(said(message).split())
    # Masked before it is cut: half a number would not be known for one.
    shown = text if whole else masked_in(text)
    line = f"{shown[:LONGEST_LINE]}…" if len(shown) > LONGEST_LINE else shown
    return Row(message, number_for(message.number, whole=whole), line, bool(getattr(message, "silent", False)))


def said(message: InboundMessage) -> str:
    """What a handset said, in a text that is never empty."""
    if message.kind == InboundMessage.Kind.SUBSCRIPTION:
        return _(SUBSCRIBED.get(message.action, gettext_noop("News of its subscription")))
    return message.text or message.subject or unread(message) or files_in_words(len(message.media_urls))


def files_in_words(count: int) -> str:
    """How many files came or went."""
    return ngettext("%(count)d file", "%(count)d files", count) % {"count": count} if count else _("No text")


def unread(message: InboundMessage) -> str:
    """Why a message has no text yet, "" when nothing is missing."""
    if not message.text_urls or message.text:
        return ""
    return (
        _("The text is being fetched.") if message.fetch_at else _("The text could not be fetched from the provider.")
    )


def conversation_query(message: InboundMessage) -> Q:
    """The messages from the handset that belong with this one."""
    if message.sender_id:
        return Q(number=message.number, sender=message.sender_id)
    return Q(number=message.number, sender=None, account=message.account_id, address=message.address)


def older_link(cursor: str) -> str:
    """The address of the part of a conversation that ends before `cursor`."""
    return "?" + urlencode({"before": cursor})
