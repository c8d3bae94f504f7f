"""Users and groups in the look of the shell."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from media.listing import GuardedList
from messaging.models import Sender

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(GuardedList, StockUserAdmin, ModelAdmin):  # type: ignore[type-arg,misc]  # unfold has no types
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    # Rights come with the groups; ticking single ones beside them would hide who may do what.
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": (("first_name", "last_name"), "email")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("History"), {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "email", "shown_groups", "is_active", "is_superuser", "last_login")
    list_per_page = 50
    show_full_result_count = False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    @display(description=_("groups"))  # type: ignore[untyped-decorator]
    def shown_groups(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or gettext("None")


@admin.register(Group)
class GroupAdmin(GuardedList, StockGroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("name", "shown_people")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(people=Count("user"))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A sender that names no group is for everybody: its last group must not go unnoticed."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        going = [group.pk for group in objs]
        kept = Sender.objects.filter(allowed_groups__in=Group.objects.exclude(pk__in=going)).values("pk")
        widened = Sender.objects.filter(allowed_groups__in=going).exclude(pk__in=kept).distinct()
        said = gettext("Sender %(sender)s: everybody could then use it. Give it another group first.")
        words = [said % {"sender": sender} for sender in widened]
        return deleted, counts, lacking, [*protected, *words]

    @display(description=_("people"), ordering="people")  # type: ignore[untyped-decorator]
    def shown_people(self, group: Group) -> int:
        return int(getattr(group, "people", 0))
