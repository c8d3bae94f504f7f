"""Names of models, their fields and choices in the reader's language, as the administration shows them.

The names stay plain words in the models, so that migrations and the catalogue's tables have them; the models of
Django itself bring their own translations.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy

ROOMS = ("media", "messaging")


def site() -> None:
    """Have the administration bear the portal's name, as its other pages do."""
    admin.site.site_title = admin.site.site_header = str(settings.UNFOLD["SITE_TITLE"])
    admin.site.index_title = gettext_lazy("Administration")


def translated() -> None:
    """Have every name translated where it is shown. To be called once, when all models are there."""
    for model in _models():
        model._meta.verbose_name = gettext_lazy(str(model._meta.verbose_name))
        model._meta.verbose_name_plural = gettext_lazy(str(model._meta.verbose_name_plural))
        for field in _fields(model):
            field.verbose_name = gettext_lazy(str(field.verbose_name))
            if field.help_text:
                field.help_text = gettext_lazy(str(field.help_text))
            if field.choices:
                field.choices = [(value, gettext_lazy(str(words))) for value, words in field.flatchoices]


def names() -> Iterator[str]:
    """Every name, as it is written in the models."""
    for model in _models():
        yield from (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
        for field in _fields(model):
            yield from (str(field.verbose_name), str(field.help_text))
            yield from (str(words) for _value, words in field.flatchoices or ())


def _models() -> Iterator[type[Model]]:
    return (model for room in ROOMS for model in apps.get_app_config(room).get_models())


def _fields(model: type[Model]) -> list["Field[object, object]"]:
    own = (*model._meta.fields, *model._meta.many_to_many)
    return [field for field in own if not field.auto_created]
