"""Open alarms as the pages say them: what is wrong, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging import watching
from messaging.models import Alarm
from messaging.watching.alarms import AGAINST, AWAY, DEAF, SILENT, STUCK

RIGHT = "messaging.view_provideraccount"
# That messages do not leave concerns everybody who can see messages.
FOR_ALL, OF_ALL = "messaging.view_message", (DEAF, STUCK)
MOST = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm for a banner: `level` is err or warn."""

    level: str
    title: str
    text: str
    since: datetime


def of_request(request: HttpRequest) -> list[Alarm]:
    """The open alarms that somebody may see. One query for a request, however often it is asked."""
    known: list[Alarm] | None = getattr(request, "alarms", None)
    if known is None:
        known = _for(request.user)
        request.alarms = known  # type: ignore[attr-defined]
    return known


def _for(user: User | AnonymousUser) -> list[Alarm]:
    if not isinstance(user, User) or not (user.has_perm(RIGHT) or user.has_perm(FOR_ALL)):
        return []
    alarms = watching.standing()
    return alarms if user.has_perm(RIGHT) else [alarm for alarm in alarms if alarm.kind in OF_ALL]


def banners(request: HttpRequest) -> list[Told]:
    """The alarms for the top of a page, MOST of them at most. No further query."""
    return [told(alarm) for alarm in of_request(request)[:MOST]]


def told(alarm: Alarm) -> Told:
    """One alarm in words. An alarm of a newer release, of which nothing is known here, is named at least."""
    say = WORDS.get(alarm.kind)
    title, text = say(alarm) if say else (alarm.kind, "")
    level = "warn" if alarm.kind in (AGAINST, AWAY) else "err"
    return Told(level, title, text, alarm.since)


def _deaf(_alarm: Alarm) -> tuple[str, str]:
    text = _("Messages are due and no worker has looked for them. Check that workers run and that the broker answers.")
    return _("No worker looks for work."), text


def _stuck(alarm: Alarm) -> tuple[str, str]:
    title = _("Messages of %(account)s are not going out.") % {"account": alarm.account}
    if alarm.data.get("why") == "throttled":
        return title, _("The provider takes fewer calls than it should. They go out as soon as it takes more.")
    return title, _("Workers look for work, and none of these leaves. The log of the workers may tell why.")


def _silent(alarm: Alarm) -> tuple[str, str]:
    title = _("%(account)s sends no receipts any more.") % {"account": alarm.account}
    since = parse_datetime(str(alarm.data.get("since", "")))
    text = _("The last one came %(when)s UTC; %(number)s messages accepted since wait for one.") % {
        "when": _at(since),
        "number": alarm.data.get("number", ""),
    }
    return title, f"{text} " + _("Check the webhook address at the provider, and whether it reaches the portal.")


def _against(alarm: Alarm) -> tuple[str, str]:
    title = _("%(account)s sent receipts for messages that it had refused.") % {"account": alarm.account}
    text = _("%(number)s in the last 24 hours. Our reading of one of its answers is wrong: report it.")
    return title, text % {"number": alarm.data.get("number", "")}


def _away(alarm: Alarm) -> tuple[str, str]:
    started, ended = (parse_datetime(str(alarm.data.get(name, ""))) for name in ("from", "to"))
    text = _("From %(start)s to %(end)s UTC nobody took receipts, longer than some providers repeat them.") % {
        "start": _at(started),
        "end": _at(ended),
    }
    more = _("Messages that were on their way then may stay without a final receipt although they arrived.")
    return _("The portal was away: receipts may have been missed."), f"{text} {more}"


def _at(moment: datetime | None) -> str:
    return date_format(moment, "j M H:i") if moment else "?"


WORDS = {DEAF: _deaf, STUCK: _stuck, SILENT: _silent, AGAINST: _against, AWAY: _away}
