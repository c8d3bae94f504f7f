"""The doors of recipient lists: files taken in, rows mended, columns chosen, lists kept and chosen again."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from messaging import lists
from messaging.lists.columns import checked, checked_region
from messaging.lists.troubles import Unreadable
from messaging.models import Draft, RecipientList, RecipientRow, Sender
from messaging.web.compose_senders import chosen, offered
from messaging.web.exporting import csv_response
from messaging.web.lists_shown import ABROAD, BAD, Panel, chosen_mapping, page, panel, reached, row_of
from messaging.web.live import FragmentMixin
from messaging.web.recipients import read_recipients
from messaging.web.shell import PortalMixin

MOST_FOUND = 50
# Says to the page around a panel that its counts are old.
CHANGED = {"HX-Trigger": "list-changed"}


class ListDoor(FragmentMixin, PortalMixin, View):
    """A door that answers with a list's panel, or with what is wrong."""

    permission_required = "messaging.add_message"

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def senders(self) -> list[Sender]:
        """Who would send the draft that the panel stands beside; nobody outside a draft."""
        identity = self.request.POST.get("draft") or self.request.GET.get("draft")
        draft = Draft.objects.filter(pk=_uuid(identity), owner=self.user).first() if identity else None
        return chosen(draft, self.user, offered(self.user)) if draft else []

    def panel(self, parent: RecipientList, **more: Any) -> Panel:
        draft = self.request.POST.get("draft") or self.request.GET.get("draft", "")
        return panel(parent, self.user, senders=self.senders(), draft=draft, **more)

    def answer(self, shown: Panel, *, status: int = 200) -> HttpResponse:
        return self.drawn("panel", {"panel": shown}, status=status)

    def drawn(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """A fragment; one that tells of a change says so to the page around it."""
        html = render_to_string(f"messaging/lists/{template}.html", context, self.request)
        changed = self.request.method == "POST" and status == 200
        return HttpResponse(html, status=status, headers=CHANGED if changed else {})

    def changing(self, pk: UUID, change: Callable[[], str]) -> HttpResponse:
        """Carry out a change of one's own list, and show it as it is then with what was said of it."""
        said = trouble = ""
        try:
            said = change()
        except Unreadable as error:
            trouble = error.message
        except (RecipientList.DoesNotExist, RecipientRow.DoesNotExist) as error:
            raise Http404 from error
        return self.answer(self.panel(self.own(pk), said=said, trouble=trouble), status=422 if trouble else 200)

    def own(self, pk: UUID) -> RecipientList:
        parent = RecipientList.objects.filter(pk=pk, owner=self.user).first()
        if parent is None:
            raise Http404
        return parent

    def seen(self, pk: UUID) -> RecipientList:
        parent = lists.visible(self.user).filter(pk=pk).first()
        if parent is None:
            raise Http404
        return parent


class ListImport(ListDoor):
    """A file becomes a list of one's own."""

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self._refused(_("No file arrived. Choose one."))
        try:
            region = settings.PHONE_DEFAULT_REGION
            parent = lists.import_file(
                cast(BinaryIO, file.file), size=file.size or 0, name=file.name or "", owner=self.user, region=region
            )
        except Unreadable as error:
            return self._refused(error.message)
        said = ngettext("%(total)s row was read.", "%(total)s rows were read.", parent.total) % {"total": parent.total}
        return self.answer(self.panel(parent, said=said))

    def _refused(self, trouble: str) -> HttpResponse:
        return self.drawn("refused", {"trouble": trouble}, status=422)


class ListPanel(ListDoor):
    """The panel, or a further page of its rows with `after`."""

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        parent, show = self.seen(pk), request.GET.get("show", BAD)
        after = request.GET.get("after", "")
        if not after.isdecimal() or parent.owner_id != self.user.pk:
            return self.answer(self.panel(parent, show=show))
        rows, more = page(parent, show, self.senders(), after=int(after[:9]))
        context = {"rows": rows, "more": more, "list": parent, "show": show, "draft": request.GET.get("draft", "")}
        return self.drawn("rows", context)


class ListRow(ListDoor):
    """New cells for one bad row; the answer is the row as it is then."""

    def post(self, request: HttpRequest, pk: UUID, position: int) -> HttpResponse:
        try:
            parent = self.own(pk)
            given = dict(zip(request.POST.getlist("column"), request.POST.getlist("cell"), strict=False))
            row = parent.rows.get(position=position)
            old = [*row.cells, *[""] * len(parent.columns)]
            cells = [given.get(column, cell) for column, cell in zip(parent.columns, old, strict=False)]
            parent, row = lists.mend(pk, self.user, position, cells)
        except (RecipientList.DoesNotExist, RecipientRow.DoesNotExist) as error:
            raise Http404 from error
        except Unreadable as error:
            return self.answer(self.panel(self.own(pk), trouble=error.message), status=422)
        shown = self.panel(parent)
        context = {"row": row_of(parent, row), "list": parent, "panel": shown, "draft": shown.draft, "alone": True}
        return self.drawn("row", context)


class ListColumns(ListDoor):
    """Which column holds what, and the country of numbers that say none."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        def change() -> str:
            parent = self.own(pk)
            posted = zip(request.POST.getlist("role"), request.POST.getlist("name"), strict=False)
            mapping = checked(chosen_mapping(parent.columns, iter(posted)))
            lists.rejudge(parent, mapping=mapping, region=checked_region(request.POST.get("region", "")))
            return _("Every row was read anew.")

        return self.changing(pk, change)


class ListDrop(ListDoor):
    """Take the rows out that nothing can be sent to, or those that the draft's sender does not reach."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        def change() -> str:
            parent = self.own(pk)
            countries = None
            if request.POST.get("which") == ABROAD:
                inside = reached(parent, self.senders())
                countries = [country for country in parent.countries if country not in inside]
            gone = lists.drop(pk, self.user, countries=countries)[1]
            return ngettext("%(gone)s row was dropped.", "%(gone)s rows were dropped.", gone) % {"gone": gone}

        return self.changing(pk, change)


class ListMended(ListDoor):
    """The download of the rows to mend, mended elsewhere."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        def change() -> str:
            file = request.FILES.get("file")
            if not isinstance(file, UploadedFile):
                return _("No file arrived. Choose one.")
            done = lists.mend_from(pk, self.user, cast(BinaryIO, file.file), size=file.size or 0)[1]
            return ngettext("%(done)s row was mended.", "%(done)s rows were mended.", done) % {"done": done}

        return self.changing(pk, change)


class ListBadRows(ListDoor):
    """The rows to mend as a CSV file."""

    def get(self, _request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
        return csv_response(lists.bad_rows_csv(self.own(pk)), "rows-to-mend")


class ListRows(ListDoor):
    """A whole list of one's own as a CSV file."""

    def get(self, _request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
        return csv_response(lists.rows_csv(self.own(pk)), "recipients")


class ListKeep(ListDoor):
    """Give a list a name, so that it stays and can be chosen again; share it."""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        def change() -> str:
            shared = request.POST.get("shared") == "on"
            kept = lists.keep(pk, self.user, name=request.POST.get("name", ""), shared=shared)
            return _("Saved as “%(name)s”.") % {"name": kept.name}

        return self.changing(pk, change)


class ListTyped(ListDoor):
    """The numbers typed into a draft become a list, which can then be kept."""

    def post(self, request: HttpRequest) -> HttpResponse:
        draft = Draft.objects.filter(pk=_uuid(request.POST.get("draft")), owner=self.user).first()
        if draft is None:
            raise Http404
        people = [(entry.number, entry.values) for entry in read_recipients(draft.recipients) if entry.number]
        parent = lists.keep_typed(people, self.user, source=_("Typed numbers"))
        return self.answer(self.panel(parent))


class ListsKept(ListDoor):
    """One's own and shared lists to choose from, for the dialog; `q` searches."""

    def get(self, request: HttpRequest) -> HttpResponse:
        query = "".join(c for c in request.GET.get("q", "") if c.isprintable()).strip()[:120]
        found = list(lists.kept(self.user).filter(name__icontains=query).select_related("owner")[: MOST_FOUND + 1])
        context = {"lists": found[:MOST_FOUND], "more": len(found) > MOST_FOUND, "query": query, "user": self.user}
        return self.drawn("kept", context)


class ListForget(ListDoor):
    """Delete a list of one's own."""

    def post(self, _request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            lists.forget(pk, self.user)
        except RecipientList.DoesNotExist as error:
            raise Http404 from error
        found = list(lists.kept(self.user).select_related("owner")[:MOST_FOUND])
        context = {"lists": found, "query": "", "user": self.user}
        return self.drawn("kept", context)


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as error:
        raise Http404 from error
