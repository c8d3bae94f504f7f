"""One call to a provider, and what came of it: whatever happens, it ends in a result."""

import asyncio
import logging

from messaging.delivery import failpoints
from messaging.delivery.lanes import Lane
from messaging.delivery.outcomes import Result
from messaging.delivery.preparing import Job
from messaging.delivery.rendering import hidden, redacted, redacted_answer
from messaging.gateway.codes import OutcomeClass
from messaging.gateway.contract import Accepted, HttpAnswer, Saved
from messaging.gateway.errors import NotAccepted, SendError, Unclear
from messaging.gateway.http import Line

logger = logging.getLogger(__name__)


async def call(line: Line, lane: Lane, job: Job) -> Result:
    """Make a call, within the provider's own time. Out: what came of it, with secrets and numbers taken out."""
    row = job.claim.transaction
    asked, answer = None, None
    accepted: Accepted | None = None
    saved: Saved | None = None
    failed: SendError | None = None
    try:
        asked = redacted(job.request, lane.account, row)
        answer = await _answer(line, lane, job)
        if job.saves and lane.provider.saving:
            saved = lane.provider.saving.read_save(answer, job.message)
        else:
            accepted = lane.provider.client.read(answer)
    except SendError as error:
        error.text = hidden(error.text, lane.account, row)
        failed = _proved(lane, job, error)
    except Exception as error:
        # Whatever broke, the request may have left: the message must not be sent again for it.
        logger.exception("a call to %s broke", lane.row.provider)
        failed = _proved(lane, job, Unclear("broken_call", type(error).__name__))
    kept = redacted_answer(answer, lane.account, row) if answer else None
    return Result(accepted, failed, saved, job.shelf, asked, kept)


def _proved(lane: Lane, job: Job, error: SendError) -> SendError:
    """The error as it bears on the message itself.

    A call that only stores a content leaves nothing in doubt: it may be repeated. A provider that no longer has the
    stored content has refused that, not the message.
    """
    lost = job.shelf and not job.saves and lane.provider.saving and error.code in lane.provider.saving.GONE
    if lost or (job.saves and error.outcome is OutcomeClass.UNKNOWN):
        return NotAccepted(error.code, error.text, retry_after=error.retry_after)
    return error


async def _answer(line: Line, lane: Lane, job: Job) -> HttpAnswer:
    seconds, point = lane.provider.client.CALL_SECONDS, "during_save" if job.saves else "during_call"
    if job.saves:
        failpoints.reach("before_save")
    if not failpoints.armed(point):
        return await line.call(job.request, deadline=seconds)
    calling = asyncio.ensure_future(line.call(job.request, deadline=seconds))
    await asyncio.wait([calling], timeout=0.01)
    failpoints.reach(point)
    return await calling
