"""Messages that wait for their media: copies are asked for on acceptance, and the message goes on once all are there.

The frozen content names the copies from the first commit on, so whatever dies meanwhile, the copies are made by
whoever takes them up and `finish` finds the message by its `fitting`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.transaction import atomic

from media import renditions
from media.models import Asset, Rendition
from messaging import fitting, steering, timeline
from messaging.composing import with_copy
from messaging.content import Content, Slide
from messaging.fitting import Job
from messaging.models import Message
from messaging.models.clock import database_now
from messaging.orders import Order
from messaging.routing import Candidate, profile_of
from messaging.slide_rules import Finding, blocking, check
from messaging.statuses import CANCELLABLE, Status

AT_ONCE = 200
UNFIT = "media_cannot_fit"


def made_to_fit(
    order: Order,
    content: Content,
    found: list[Candidate],
    numbers: Collection[str],
    again: Callable[[Content], list[Candidate]],
) -> tuple[list[Candidate], tuple[Job, ...], list[Finding]]:
    """Who may carry an order once its media are made to fit.

    In: the content with its files filled in, the candidates as they stand, the numbers asked for, and who may carry
    another content instead. Out: the candidates, what has to be made before, and what to say of it; all as it was
    where somebody carries the content as it is, or where nothing is gained.
    """
    whole = any(candidate.fits and len(candidate.reaches) == len(numbers) for candidate in found)
    near = [] if whole or not order.fit_media else _near(found)
    profiles = list({id(profile): profile for profile in (profile_of(one.sender) for one in near)}.values())
    reserve = 0
    for _round in range(2):
        jobs = fitting.plan(content, profiles, reserve=reserve)
        if not jobs:
            break
        planned = again(fitting.as_planned(content, jobs))
        senders = {candidate.sender.pk for candidate in near}
        if any(candidate.sender.pk in senders and not _mendable(candidate)[0] for candidate in planned):
            return planned, jobs, list(fitting.advice(jobs))
        # Texts weigh more once the longest values stand in them.
        reserve += max(((one.actual or 0) - (one.limit or 0) for one in _too_heavy(planned)), default=0)
    why = fitting.unfit(content, profiles) if near else None
    return found, (), [why] if why else []


def _near(found: Sequence[Candidate]) -> list[Candidate]:
    """Those that nothing but their media keeps from carrying it; where there are none, the first with such a fault."""
    wanting = [one for one in found if fitting.allowed(one.sender.account.options) and _mendable(one)[0]]
    return [one for one in wanting if _mendable(one)[1]] or wanting[:1]


def _mendable(candidate: Candidate) -> tuple[bool, bool]:
    return fitting.mendable((*candidate.content, *candidate.own))


def _too_heavy(found: Sequence[Candidate]) -> list[Finding]:
    """What says that the message as a whole is too large."""
    return [one for candidate in found for one in blocking(candidate.content) if one.code == "message_too_large"]


def ask(content: Content, jobs: Sequence[Job]) -> Content:
    """Ask for the copies; the content names them from now on. Part of the caller's commit, which makes both true."""
    if not jobs:
        return content
    assets = {str(asset.pk): asset for asset in Asset.objects.filter(pk__in=[job.part.asset for job in jobs])}
    copies = renditions.ask_all([(assets[job.part.asset], job.target) for job in jobs])
    named = {job.pointer: replace(job.part, rendition=str(copy.pk)) for job, copy in zip(jobs, copies, strict=True)}
    return fitting.with_parts(content, named)


def tell(message: Message, now: datetime) -> None:
    """Write into the story of each waiting transaction that its media are being encoded."""
    timeline.append_all(message.transactions.filter(status__in=CANCELLABLE), "fitting", now=now)


def finish() -> int:
    """Let go of every message whose copies are settled. Out: how many messages."""
    waiting = list(Message.objects.filter(fitting=Message.Fitting.RUNNING).order_by("pk")[:AT_ONCE])
    contents = {message.pk: message.frozen for message in waiting}
    names = {part.rendition for content in contents.values() for _where, part in content.parts() if part.rendition}
    copies = renditions.named(names)
    return sum(_settled(message, contents[message.pk], copies) for message in waiting)


def _settled(message: Message, content: Content, copies: Mapping[str, Rendition]) -> bool:
    """Go on with one message if all its copies are made, or one of them cannot be."""
    found = [copies.get(part.rendition) for _where, part in content.parts() if part.rendition]
    failed = next((copy for copy in found if copy is None or copy.status == Rendition.Status.FAILED), ...)
    if failed is not ...:
        return _unfit(message, content, failed.text if failed else "A file of this message is gone.")
    if any(copy and copy.status != Rendition.Status.READY for copy in found):
        return False
    parts = {
        where: with_copy(part, copies[part.rendition]) for where, part in content.parts() if part.rendition in copies
    }
    return _go_on(message, fitting.with_parts(content, parts), "fitted")


def _unfit(message: Message, content: Content, why: str) -> bool:
    """The fallback text goes alone, as the account wishes and if it can; else the message fails with the reason."""
    profile, text = profile_of(message.sender), content.fallback.text
    alone = replace(content, slides=(Slide(text=text),))
    wanted = fitting.text_if_unfit(message.sender.account.options) and text and not content.fallback.disabled
    if wanted and not blocking(check(alone, [profile], shared=message.substitutions)):
        return _go_on(message, alone, "unfitted", why)
    return _fail(message, why)


def _go_on(message: Message, content: Content, kind: str, why: str = "") -> bool:
    with atomic():
        waiting = Message.objects.filter(pk=message.pk, fitting=Message.Fitting.RUNNING)
        if not waiting.update(fitting=Message.Fitting.DONE, content=content.to_json()):
            return False
        now = database_now()
        rows = message.transactions.filter(status__in=CANCELLABLE).only("pk", "attempt_no")
        timeline.append([timeline.entry(row, kind, now=now, text=why) for row in rows])
        steering.refresh(message)
    return True


def _fail(message: Message, why: str) -> bool:
    with atomic():
        waiting = Message.objects.filter(pk=message.pk, fitting=Message.Fitting.RUNNING)
        if not waiting.update(fitting=Message.Fitting.FAILED):
            return False
        now = database_now()
        rows = list(message.transactions.filter(status__in=CANCELLABLE).order_by("pk").select_for_update(of=("self",)))
        timeline.append(
            [timeline.entry(row, "failed", now=now, state=Status.FAILED, code=UNFIT, text=why) for row in rows]
        )
        for row in rows:
            row.next_attempt_at, row.held = None, False
        timeline.settle(rows, now=now, also=["next_attempt_at", "held"])
    return True
