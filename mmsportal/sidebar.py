"""The shell of every page: Unfold's settings and the links of its sidebar, each with the right it needs."""

from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _


def _link(title: str | Promise, icon: str, url: str, permission: str, **more: str) -> dict[str, object]:
    """One link; without a permission it is for all staff. `badge` names a function of the request."""
    # Every page asks for every address, and more than once: each is looked up a single time.
    link = SimpleLazyObject(lambda: reverse(url))
    return {
        **more,
        "title": title,
        "icon": icon,
        "link": link,
        # Unfold marks every link that is part of the path, and "/" is part of all.
        "active": lambda request: request.path == link or (str(link) != "/" and request.path.startswith(str(link))),
        "permission": lambda request: not permission or request.user.has_perm(permission),
    }


UNFOLD = {
    "SITE_TITLE": "MMS portal",
    "SITE_HEADER": "MMS portal",
    "SITE_SUBHEADER": _("Compose, send, track"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "perm_media",
    "BORDER_RADIUS": "8px",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    # No inline palette: the colours stand in a static file so that the style policy can forbid inline sheets.
    "GLOBAL_CALLBACK": "messaging.web.shell.on_every_page",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: "/static/messaging/favicon.svg"}
    ],
    "STYLES": [lambda _request: "/static/messaging/unfold-bridge.css"],
    "SCRIPTS": [lambda _request: "/static/messaging/unfold-fixes.js"],
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": _("Messaging"),
                "items": [
                    _link(_("Dashboard"), "space_dashboard", "web:dashboard", "messaging.view_message"),
                    _link(_("Compose"), "edit_square", "web:compose", "messaging.add_message"),
                    _link(_("Messages"), "forum", "web:messages", "messaging.view_message"),
                    _link(_("Conversations"), "sms", "web:conversations", "messaging.view_inboundmessage"),
                    _link(_("Media library"), "photo_library", "media:library", "media.view_asset"),
                    _link(_("Templates"), "dashboard_customize", "web:templates", "messaging.view_template"),
                    _link(
                        _("Providers"),
                        "monitor_heart",
                        "web:providers",
                        "messaging.view_provideraccount",
                        badge="messaging.web.providers_board.badge",
                    ),
                    _link(_("Codes"), "menu_book", "web:codes", ""),
                ],
            },
            {
                "title": _("Configuration"),
                "separator": True,
                "items": [
                    _link(_("Senders"), "sim_card", "admin:messaging_sender_changelist", "messaging.view_sender"),
                    _link(
                        _("Provider accounts"),
                        "hub",
                        "admin:messaging_provideraccount_changelist",
                        "messaging.view_provideraccount",
                    ),
                    _link(
                        _("Pause and resume"), "motion_photos_paused", "web:sending", "messaging.change_provideraccount"
                    ),
                    _link(_("API keys"), "key", "admin:messaging_apikey_changelist", "messaging.view_apikey"),
                    _link(_("API documentation"), "api", "api:docs", ""),
                    _link(_("Callbacks"), "campaign", "admin:messaging_callback_changelist", "messaging.view_callback"),
                    _link(
                        _("Callback endpoints"),
                        "webhook",
                        "admin:messaging_callbackendpoint_changelist",
                        "messaging.view_callbackendpoint",
                        badge="messaging.web.shell.endpoints_off",
                    ),
                    _link(
                        _("Receipt inbox"),
                        "inbox",
                        "admin:messaging_receiptinbox_changelist",
                        "messaging.view_receiptinbox",
                    ),
                    _link(
                        _("Unknown codes"),
                        "question_mark",
                        "admin:messaging_providercode_changelist",
                        "messaging.view_providercode",
                        badge="messaging.web.shell.unknown_codes",
                    ),
                    _link(
                        _("Opt-outs"), "notifications_off", "admin:messaging_optout_changelist", "messaging.view_optout"
                    ),
                    _link(_("Users"), "group", "admin:auth_user_changelist", "auth.view_user"),
                    _link(_("Groups"), "groups", "admin:auth_group_changelist", "auth.view_group"),
                ],
            },
        ],
    },
}
