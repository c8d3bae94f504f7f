"""Provider accounts in the admin."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from media.listing import GuardedList
from messaging import health, meanings
from messaging.admin import account_shown
from messaging.admin.account_form import (
    PREFIX,
    SWITCH,
    NewAccountForm,
    credentials_of,
    form_for,
    options_of,
    stored_credentials,
)
from messaging.admin.fields import Levels, pause_shown, resume_address
from messaging.models import ProviderAccount
from messaging.models.senders import new_webhook_secret
from messaging.pauses import pause, resume

BASE_URL_HELP = _(
    "As the provider gives it. Some give the place where their API begins, such as https://api.example.com; "
    "others the whole address of the call."
)


@admin.register(ProviderAccount)
class AccountAdmin(GuardedList, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Credentials are typed in and never shown; pausing and the webhook secret are actions."""

    list_display = ("name", "shown_provider", "shown_address", "shown_state", "calls_per_second", "concurrency")
    search_fields = ("name", "base_url")
    list_per_page = 50
    show_full_result_count = False
    actions = ("pause", "resume", "rotate_secret", "end_rotation")
    readonly_fields = ("shown_provider", "shown_pause", "shown_rate", "shown_test", "shown_webhook", "shown_rotation")

    class Media:
        css = {"all": ["messaging/dashboard.css", "messaging/accounts.css"]}
        js = ["messaging/copy.js"]

    @display(description=_("provider"), ordering="provider")  # type: ignore[untyped-decorator]
    def shown_provider(self, account: ProviderAccount) -> str:
        return meanings.label_of(account.provider)

    @display(description=_("base URL"), ordering="base_url")  # type: ignore[untyped-decorator]
    def shown_address(self, account: ProviderAccount) -> str:
        return account.base_url

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "base_url" and field:
            field.label = _("Base URL")
            field.help_text = BASE_URL_HELP
        return field

    @display(description=_("state"), label=Levels({"Active": "success", "Paused": "warning"}))  # type: ignore[untyped-decorator]
    def shown_state(self, account: ProviderAccount) -> str:
        return gettext("Paused") if account.paused_at else gettext("Active")

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def shown_pause(self, account: ProviderAccount) -> str:
        return pause_shown(account, getattr(account, "resume_address", ""))

    @display(description=_("pace now"))  # type: ignore[untyped-decorator]
    def shown_rate(self, account: ProviderAccount) -> str:
        return account_shown.rate(account, timezone.now())

    @display(description=_("webhook URL"))  # type: ignore[untyped-decorator]
    def shown_webhook(self, account: ProviderAccount) -> str:
        return account_shown.webhook(account)

    @display(description=_("last test"))  # type: ignore[untyped-decorator]
    def shown_test(self, account: ProviderAccount) -> str:
        return account_shown.tested(account, getattr(account, "test_address", ""))

    @display(description=_("previous secret"))  # type: ignore[untyped-decorator]
    def shown_rotation(self, account: ProviderAccount) -> str:
        if account.webhook_secret_previous:
            return gettext("Still taken, until you choose “Stop taking the previous secret” in the list.")
        return gettext("There is none.")

    def get_form(
        self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = form_for(obj) if obj else NewAccountForm
        return super().get_form(request, obj, change, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ProviderAccount | None:
        # One admin serves every thread: who may resume travels with the row, never on the admin itself.
        account: ProviderAccount | None = super().get_object(request, object_id, from_field)
        if account:
            allowed = self.has_change_permission(request, account)
            account.resume_address = resume_address(account, allowed=allowed)  # type: ignore[attr-defined]
            own = reverse("admin:messaging_provideraccount_test", args=[account.pk])
            account.test_address = own if allowed else ""  # type: ignore[attr-defined]
        return account

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("name", "provider", "base_url")})]
        plain = (None, {"fields": ("name", "shown_provider", "base_url", "shown_pause")})
        speed = (gettext("Speed"), {"fields": (("calls_per_second", "concurrency"), "shown_rate")})
        hook = (gettext("Receipts"), {"fields": ("shown_webhook", "shown_rotation", "source_cidrs")})
        test = (gettext("Does it work?"), {"fields": ("shown_test",)})
        if not self.has_change_permission(request, obj):
            return [plain, test, speed, hook]
        switches = tuple(SWITCH + option.name for option in options_of(obj.provider))
        more = [(gettext("Options"), {"fields": switches})] if switches else []
        return [plain, (gettext("Credentials"), self._credentials(obj)), test, hook, *more, speed]

    def _credentials(self, account: ProviderAccount) -> dict[str, Any]:
        stored, broken = stored_credentials(account)
        fields = [PREFIX + each.name for each in credentials_of(account.provider)]
        optional = any(stored.get(each.name) and not each.required for each in credentials_of(account.provider))
        about = gettext("Stored encrypted and never shown again. A blank field keeps what is stored.")
        if broken:
            about = gettext("The stored credentials cannot be opened with any of CREDENTIALS_KEYS. Type them in again.")
        return {"fields": (*fields, "forget") if optional else tuple(fields), "description": about}

    def response_add(self, request: HttpRequest, obj: ProviderAccount, *_more: Any, **_named: Any) -> HttpResponse:
        messages.success(request, gettext("%(name)s was added. Now give its credentials.") % {"name": obj.name})
        return HttpResponseRedirect(reverse("admin:messaging_provideraccount_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        own = path("<uuid:pk>/test/", self.admin_site.admin_view(self.test), name="messaging_provideraccount_test")
        return [own, *super().get_urls()]

    def test(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Try the account as it is stored, and come back to its page with what was found."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        account = get_object_or_404(ProviderAccount, pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        findings = health.test(account, now=timezone.now())
        bad = sum(finding.verdict is health.Health.BAD for finding in findings)
        if bad:
            said = gettext("%(name)s was tried: %(bad)s of %(all)s things do not work.")
            messages.error(request, said % {"name": account.name, "bad": bad, "all": len(findings)})
        else:
            messages.success(request, gettext("%(name)s was tried: nothing is broken.") % {"name": account.name})
        return HttpResponseRedirect(reverse("admin:messaging_provideraccount_change", args=[pk]))

    @action(description=_("Pause sending"), permissions=["change"])  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        done = pause(queryset, cast(User, request.user))
        said = gettext("Paused: %(number)s. Messages of these accounts wait in the queue.")
        messages.success(request, said % {"number": done})

    @action(description=_("Resume sending"), permissions=["change"])  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        done = resume(queryset, cast(User, request.user))
        messages.success(request, gettext("Resumed: %(number)s.") % {"number": done})

    @action(description=_("New webhook secret"), permissions=["change"])  # type: ignore[untyped-decorator]
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        if busy := [account.name for account in queryset if account.webhook_secret_previous]:
            said = gettext("Still rotating: %(names)s. Stop taking the previous secret first.")
            messages.error(request, said % {"names": ", ".join(busy)})
            return
        for account in queryset[:100]:
            self._update(
                request,
                ProviderAccount.objects.filter(pk=account.pk, webhook_secret=account.webhook_secret),
                "New webhook secret",
                webhook_secret=new_webhook_secret(),
                webhook_secret_previous=account.webhook_secret,
            )
        messages.success(
            request,
            gettext("New webhook URLs are ready to be copied. The previous ones are taken until you stop that."),
        )

    @action(description=_("Stop taking the previous secret"), permissions=["change"])  # type: ignore[untyped-decorator]
    def end_rotation(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        rotating = queryset.filter(~Q(webhook_secret_previous=None))
        done = self._update(request, rotating, "Previous webhook secret removed", webhook_secret_previous=None)
        messages.success(request, gettext("Previous secrets removed: %(number)s.") % {"number": done})

    def _update(self, request: HttpRequest, accounts: QuerySet[ProviderAccount], what: str, **values: Any) -> int:
        """Change accounts at once and write down who did it. Out: how many."""
        chosen = list(accounts)
        done = ProviderAccount.objects.filter(pk__in=[account.pk for account in chosen]).update(**values)
        for account in chosen:
            self.log_change(request, account, what)
        return done
