"""The three groups staff belong to, with the rights each page asks for."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

READING = [
    ("messaging", "view_message"),
    ("messaging", "view_transaction"),
    ("messaging", "view_template"),
    ("messaging", "view_sender"),
    ("messaging", "view_inboundmessage"),
    ("messaging", "view_optout"),
    ("media", "view_asset"),
]
COMPOSING = [
    *READING,
    ("messaging", "add_message"),
    ("messaging", "send_message"),
    ("messaging", "view_numbers"),
    *[("messaging", f"{verb}_{model}") for verb in ("add", "change") for model in ("template", "slide", "part", "draft")],
    *[("messaging", f"{verb}_{model}") for verb in ("view", "delete") for model in ("draft", "slide", "part")],
    ("messaging", "delete_template"),
    ("media", "add_asset"),
    ("media", "change_asset"),
]
KEEPING = [
    *READING,
    ("messaging", "view_numbers"),
    *[
        ("messaging", f"{verb}_{model}")
        for verb in ("view", "add", "change", "delete")
        for model in ("sender", "provideraccount", "apikey")
    ],
    *[("messaging", f"{verb}_optout") for verb in ("add", "change")],
    *[("messaging", f"{verb}_providercode") for verb in ("view", "change")],
    ("messaging", "view_receiptinbox"),
    ("messaging", "replay_receiptinbox"),
]
GROUPS = {"Composer": COMPOSING, "Sender admin": KEEPING, "Viewer": READING}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Permissions are normally made after all migrations; the groups need them now.
    for label in ("media", "messaging"):
        config = apps.get_app_config(label)
        config.models_module = getattr(config, "models_module", None) or True
        create_permissions(config, apps=apps, verbosity=0)
    permissions = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in apps.get_model("auth", "Permission").objects.select_related("content_type")
    }
    for name, wanted in GROUPS.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.set([permissions[key] for key in dict.fromkeys(wanted)])


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
        ("media", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
