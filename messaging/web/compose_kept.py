"""A draft kept as a template, or as the next version of the template it was begun with."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from messaging.composing import ComposeError
from messaging.models import Draft, Template
from messaging.templates import save_template
from messaging.web.compose_review import Review

WANTS = {"template": "messaging.add_template", "template-update": "messaging.change_template"}


def kept(examined: Review, want: str, name: str, user: User) -> dict[str, str]:
    """Do what one of WANTS says; answers a line for the dialog. The draft is one of that template from then on."""
    template = examined.draft.template if want == "template-update" else None
    if want == "template-update" and template is None:
        return {"level": "err", "text": _("The template is gone. Save this as a new one.")}
    name = template.name if template else name.replace("\0", "")
    try:
        saved = save_template(examined.content, name=name, user=user, template=template)
    except (ComposeError, Template.DoesNotExist) as error:
        return {"level": "err", "text": str(error)}
    Draft.objects.filter(pk=examined.draft.pk).update(template=saved, template_version=saved.version)
    if template is None:
        return {"level": "ok", "text": _("Saved as “%(name)s”.") % {"name": saved.name}}
    said = _("“%(name)s” is updated: this is its version %(version)d.")
    return {"level": "ok", "text": said % {"name": saved.name, "version": saved.version}}
