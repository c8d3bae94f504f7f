"""Claims -> the calls to make for them: a send, or first the storing of a content that many are sent from."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import DatabaseError

from messaging import sandboxed, saved_contents
from messaging.delivery import attachments
from messaging.delivery.claiming import MOST_CRASHES, Claim
from messaging.delivery.lanes import Lane
from messaging.delivery.outcomes import Result
from messaging.delivery.rendering import Wording, outbound, wording
from messaging.gateway.contract import HttpRequest, OutboundMessage
from messaging.gateway.errors import NotAccepted, Refused, SendError
from messaging.models import Transaction
from messaging.saved_contents import Shelf, Step

logger = logging.getLogger(__name__)
# What the reference of a content begins with; a message's own has no such thing.
CONTENT = "content-"


@dataclass(frozen=True, slots=True)
class Job:
    """A call that is ready to be made for a claim. With a shelf it sends from a stored content, or stores one."""

    claim: Claim
    message: OutboundMessage = field(repr=False)
    request: HttpRequest = field(repr=False)
    shelf: Shelf | None = None

    @property
    def saves(self) -> bool:
        """Whether the call only stores a content: nothing of it can reach a handset."""
        return self.shelf is not None and self.shelf.step is Step.SAVE


@dataclass(slots=True)
class Prepared:
    """What is to be done with claims: calls to make, those that must wait for a content or for media, with the code of
    what is wrong with these, and those that cannot go."""

    jobs: list[Job] = field(default_factory=list)
    waiting: list[tuple[Claim, Shelf]] = field(default_factory=list)
    lacking: list[tuple[Claim, str]] = field(default_factory=list)
    spoiled: list[tuple[Claim, Result]] = field(default_factory=list)


def prepare(lane: Lane, claims: Sequence[Claim]) -> Prepared:
    """Work out what each claim needs. Nothing is sent; a content to be stored is reserved for whoever stores it."""
    prepared, worded = Prepared(), dict[UUID, Wording]()
    files = attachments.look(lane.row, claims)
    profile, rows = lane.provider.profile_for(lane.row.options), defaultdict[UUID, list[Transaction]](list)
    for taken in claims:
        rows[taken.transaction.message_id].append(taken.transaction)
    for taken in claims:
        message = taken.transaction.message
        shelf = None
        try:
            if fault := files.faults.get(message.pk):
                _without(prepared, taken, fault)
                continue
            # Before a content is reserved: who may not store it must not spoil it for the others.
            _check_reach(taken, lane.row.base_url)
            if message.pk not in worded:
                worded[message.pk] = wording(message, rows[message.pk], profile, files.addresses)
            sent = outbound(taken.transaction, lane.provider, now=lane.now(), worded=worded[message.pk])
            shelf = _shelf(lane, sent)
            if shelf and shelf.step is Step.WAIT:
                prepared.waiting.append((taken, shelf))
                continue
            request = _request(lane, sent, shelf)
            _check_reach(taken, request.url)
            prepared.jobs.append(Job(taken, sent, request, shelf))
        except SendError as error:
            prepared.spoiled.append((taken, Result(error=error, shelf=shelf)))
        except DatabaseError:
            raise
        except Exception as error:
            prepared.spoiled.append((taken, Result(error=_broken(taken, error), shelf=shelf)))
    return prepared


def _without(prepared: Prepared, taken: Claim, fault: str) -> None:
    """A message whose files are deleted never goes; one whose files cannot be read now waits for them."""
    if fault == attachments.GONE:
        raise Refused(fault, "A file of this message was deleted.")
    prepared.lacking.append((taken, fault))


def _shelf(lane: Lane, message: OutboundMessage) -> Shelf | None:
    saving = lane.provider.saving
    if saving is None or not saving.wanted(lane.account, message):
        return None
    return saved_contents.take(lane.row, message.content, lane.now())


def _request(lane: Lane, message: OutboundMessage, shelf: Shelf | None) -> HttpRequest:
    if shelf and shelf.step is Step.SAVE and lane.provider.saving:
        # What is told about the content must not be taken for news of the message that happens to store it.
        message = replace(message, client_ref=f"{CONTENT}{message.client_ref}")
        return lane.provider.saving.build_save(lane.account, message, now=lane.now())
    message = replace(message, saved_ref=shelf.saved_ref) if shelf else message
    return lane.provider.client.build(lane.account, message, now=lane.now())


def _check_reach(taken: Claim, address: str) -> None:
    if not sandboxed.may_reach(taken.transaction.message.api_key, address):
        raise Refused(sandboxed.CODE, "A test key reaches sandboxes only; this account is a real one.")


def _broken(taken: Claim, error: Exception) -> SendError:
    """A fault of ours, whatever it is, in one message must not stop the others."""
    logger.error("the request of transaction %s cannot be made", taken.transaction.pk, exc_info=error)
    kind = Refused if taken.attempt.number >= MOST_CRASHES else NotAccepted
    return kind("request_broken", type(error).__name__)
