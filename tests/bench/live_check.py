"""What the composer's live check costs the server, with nine slides and a thousand recipients in the draft.

Beside the whole request stands the drawing of its parts alone: what a view would cost that knew everything already.
Runs on whatever database is set up, and leaves nothing behind.
"""

import statistics
import time
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.utils import timezone

from messaging.gateway import registry
from messaging.models import Draft, ProviderAccount, Sender
from messaging.web.compose import ComposeCheck
from messaging.web.compose_fragments import page_parts
from messaging.web.compose_review import review

SLIDES, RECIPIENTS, ROUNDS = 9, 1_000, 60


def measure(_place: object = None) -> list[dict[str, object]]:
    """The 95th percentile of the check while somebody types into a text, and its share of drawing alone."""
    user = User.objects.create_superuser("bench-live-check")
    accounts = [
        ProviderAccount.objects.create(name=f"Live check {name}", provider=name, base_url="http://127.0.0.1:9")
        for name in registry.names()
    ]
    senders = [Sender.objects.create(address="34343", kind="short_code", account=account) for account in accounts]
    draft = Draft.objects.create(owner=user, sender=senders[0])
    try:
        checks, drawings = _typed(user, draft)
    finally:
        draft.delete()
        Sender.objects.filter(pk__in=[sender.pk for sender in senders]).delete()
        ProviderAccount.objects.filter(pk__in=[account.pk for account in accounts]).delete()
        user.delete()
    middle, drawn = statistics.median(checks), statistics.median(drawings)
    slow = sorted(checks)[int(0.95 * len(checks))]
    against = "drawing its parts alone"
    return [
        {
            "name": "live_check",
            "value": round(middle, 2),
            "unit": "ms",
            "ratio": round(drawn / middle, 3),
            "against": against,
        },
        {"name": "live_check_p95", "value": round(slow, 2), "unit": "ms", "ratio": None, "against": "limit 60"},
    ]


def _typed(user: User, draft: Draft) -> tuple[list[float], list[float]]:
    """Milliseconds of each check and of each drawing, in turns; the first few warm up."""
    checks, drawings, version = [], [], 1
    view = ComposeCheck.as_view()
    for turn in range(ROUNDS + 5):
        request = _request(user, draft, version, turn)
        begun = time.perf_counter()
        answer = view(request)
        checks.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise RuntimeError(f"the check answered {answer.status_code}")
        draft.refresh_from_db()
        version = draft.version
        seen = review(draft, user=user, now=timezone.now(), preview_as=1)
        begun = time.perf_counter()
        page_parts(seen, may_send=True)
        drawings.append(1000 * (time.perf_counter() - begun))
    return checks[5:], drawings[5:]


def _request(user: User, draft: Draft, version: int, turn: int) -> HttpRequest:
    form = QueryDict(mutable=True)
    fields: dict[str, Any] = {
        "draft": str(draft.pk),
        "version": str(version),
        "sender": str(draft.sender_id),
        "name": "Spring",
        "subject": "Offer for $(name)",
        "recipients": "\n".join(
            f"+1416{555_0000 + number % 100 + 10_000 * (number // 100):07d} name=Person{number}"
            for number in range(RECIPIENTS)
        ),
        "fallback_on": "on",
        "fallback": "Tulips from 4.90, $(name)",
        "as": "1",
    }
    form.update(fields)
    form.setlist("slide", [f"k{number}" for number in range(SLIDES)])
    for number in range(SLIDES):
        form[f"text-k{number}"] = "Hi $(name), tulips from 4.90. " * 8 + ("x" * turn if number == 4 else "")
        form[f"duration-k{number}"] = "5"
    request = RequestFactory().post("/compose/check/", form.urlencode(), "application/x-www-form-urlencoded")
    request.user = cast(Any, user)
    return request
