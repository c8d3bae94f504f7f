"""What a list of the admin can be asked by its address: the filters it shows, and nothing else."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponseBase


class GuardedList:
    """For an admin class, before `ModelAdmin`.

    Django lets an address narrow a list by any column of its table: a masked number, or a digest, could be guessed
    digit by digit. NUL is no filter's value, and PostgreSQL breaks off at it.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether the list may be narrowed so: by what a filter of this page writes into its address."""
        shown = any(lookup == name or lookup.startswith(f"{name}__") for name in self._filters(request))
        return shown and bool(super().lookup_allowed(lookup, value, request))  # type: ignore[misc]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, or IncorrectLookupParameters, which Django answers with the list unfiltered."""
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)  # type: ignore[misc]

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        """What an action answers. Raises BadRequest for a chosen row that no box of the page stands for."""
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.model._meta.pk.clean(chosen, None)  # type: ignore[attr-defined]
        except ValidationError as error:
            raise BadRequest from error
        answer: HttpResponseBase | None = super().response_action(request, queryset)  # type: ignore[misc]
        return answer

    def _filters(self, request: HttpRequest) -> Iterator[str]:
        for one in self.get_list_filter(request):  # type: ignore[attr-defined]
            name = one[0] if isinstance(one, tuple | list) else one
            yield name if isinstance(name, str) else name.parameter_name
