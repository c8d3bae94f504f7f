"""Pages that follow what happens: how often a page asks again, and when it is told to stop.

A page asks for its fragment with the `version` it shows. Nothing new is answered by 204, the end by 286; the pause
until the next question is the server's to choose and grows while nothing happens (static/messaging/timeline.js).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.mixins import AccessMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

STOP = 286
# A settled transaction may still be read, or lifted by a late receipt: it is watched for a little longer.
WATCHED_AFTER = timedelta(minutes=5)
PAUSES = ((timedelta(seconds=30), 2), (timedelta(minutes=2), 5), (timedelta(minutes=15), 15))
LONGEST_PAUSE = 60


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a live page shows and when it last changed; `pause` is in seconds, 0 when there is no more to come."""

    version: str
    changed_at: datetime
    settled: bool
    now: datetime

    @property
    def pause(self) -> int:
        quiet = self.now - self.changed_at
        if self.settled and quiet > WATCHED_AFTER:
            return 0
        return next((pause for limit, pause in PAUSES if quiet < limit), LONGEST_PAUSE)


def unchanged(request: HttpRequest, pulse: Pulse) -> HttpResponse | None:
    """The short answer for a page that shows this version already, or None when there is news."""
    if request.GET.get("seen") != pulse.version:
        return None
    if not pulse.pause:
        return HttpResponse(status=STOP, headers={"HX-Reswap": "none"})
    return paced(HttpResponse(status=204), pulse)


def paced(response: HttpResponse, pulse: Pulse) -> HttpResponse:
    """A response that says how long to wait before asking again."""
    if not pulse.pause:
        response.status_code = STOP
    response.headers["X-Ask-Again"] = str(pulse.pause)
    response.headers["Cache-Control"] = "no-store"
    return response


class FragmentMixin(AccessMixin):
    """For fragments: a session that has ended reloads the page, instead of putting the login into it."""

    request: HttpRequest

    def handle_no_permission(self) -> HttpResponseRedirect:
        if self.request.user.is_authenticated:
            return super().handle_no_permission()
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})  # type: ignore[return-value]
