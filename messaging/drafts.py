"""Drafts: begun, saved as they are typed, kept at earlier versions, and never overwritten unseen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db.transaction import atomic
from django.utils import timezone

from media import uses
from messaging import attached
from messaging.composing import ComposeError, followed
from messaging.content import Content, ContentError, Part, Slide
from messaging.models import Draft, DraftVersion, Message, RecipientList, Sender, Template
from messaging.templates import template_content

EMPTY = Content(slides=(Slide(),)).to_json()
# What a person changes in a draft, and what its versions therefore hold.
FIELDS = ("sender_id", "any_sender", "content", "recipients", "recipient_list_id", "plan", "substitutions")
# While somebody types, one version in so much time is enough to come back to.
BETWEEN_VERSIONS = timedelta(seconds=10)
KEPT = 50
# Long pasted lists are kept fewer times: no draft grows without end.
LONG_LIST, KEPT_WHEN_LONG = 50_000, 10


class StaleDraft(Exception):
    """The draft was saved elsewhere since it was read; `current` is how it stands now."""

    def __init__(self, current: Draft) -> None:
        super().__init__("saved elsewhere")
        self.current = current


class Overtaken(Exception):
    """The same page has saved something newer meanwhile; there is nothing to save, and nobody waits for an answer."""


class Turn(NamedTuple):
    """Who saves: an open page, by a name it gave itself, and how many times it has asked."""

    page: str
    number: int


def start_draft(
    user: User, *, template: Template | None = None, message: Message | None = None, draft: Draft | None = None
) -> Draft:
    """A new draft: empty, from a template, from a message already sent, or a copy of another draft."""
    with atomic():
        begun = _begin(user, template, message, draft)
        if files := attached.named_in(begun.content):
            _note(begun, files)
    return begun


def _begin(user: User, template: Template | None, message: Message | None, draft: Draft | None) -> Draft:
    if message is not None:
        return Draft.objects.create(
            owner=user,
            sender=message.sender,
            content=followed(_named_files(message.frozen).to_json()),
            substitutions=message.substitutions,
            template_id=message.template_id,
            template_version=message.template_version,
        )
    if draft is not None:
        # A time that was chosen for the one is rarely meant for the other.
        same = {name: getattr(draft, name) for name in (*FIELDS, "template_id", "template_version") if name != "plan"}
        return Draft.objects.create(owner=user, **same)
    if template is not None:
        return Draft.objects.create(
            owner=user,
            content=template_content(template).to_json(),
            template=template,
            template_version=template.version,
        )
    return Draft.objects.create(owner=user, content=EMPTY)


def save_draft(
    draft_id: UUID,
    *,
    user: User,
    version: int,
    changes: Mapping[str, Any],
    keep: bool = False,
    turn: Turn | None = None,
) -> Draft:
    """Save what is being typed, if nobody saved something else since `version` was read.

    In: `changes` by the names of FIELDS; `keep` makes a version of what stood there before in any case, for steps that
    change much at once. Unchanged work is not written again, so that looking never makes a conflict. A page that saved
    last may save again whatever version it knows: the answer that told it may have been lost.
    Raises StaleDraft when somebody did, Overtaken when that was this page in a later turn, Draft.DoesNotExist when it
    is not this person's, ComposeError when the content has not the form of one.
    """
    _demand_readable(changes)
    with atomic():
        draft = _own(draft_id, user)
        own = turn if turn and turn.page == draft.page else None
        if own and own.number < draft.turn:
            raise Overtaken
        if all(getattr(draft, name) == value for name, value in changes.items()):
            if own:
                draft.turn = own.number
                draft.save(update_fields=["turn"])
            return draft
        if not own and draft.version != version and _state_at(draft, version) != state_of(draft):
            raise StaleDraft(draft)
        _change(draft, changes, keep=keep, turn=turn)
    return draft


def set_aside(draft_id: UUID, *, user: User, changes: Mapping[str, Any]) -> Draft:
    """Keep work as a version without making it the draft: the draft says what it said, the work can be restored.

    Raises as `save_draft`, but never StaleDraft.
    """
    _demand_readable(changes)
    with atomic():
        draft = _own(draft_id, user)
        now = state_of(draft)
        _change(draft, changes, keep=True)
        _change(draft, now, keep=True)
    return draft


def restore(draft_id: UUID, *, user: User, version: int) -> Draft:
    """Make an earlier version the draft again; what stood there is kept as a version.

    Raises Draft.DoesNotExist, DraftVersion.DoesNotExist.
    """
    with atomic():
        draft = _own(draft_id, user)
        _change(draft, still_there(DraftVersion.objects.get(draft=draft, version=version).state), keep=True)
    return draft


def state_of(draft: Draft) -> dict[str, Any]:
    """The draft in the form its versions are kept in."""
    return as_state({name: getattr(draft, name) for name in FIELDS})


def as_state(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by the names of FIELDS in the form that versions are kept in: ids are texts."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in changes.items()}


def still_there(state: Mapping[str, Any]) -> dict[str, Any]:
    """A kept state as it can be restored: a sender or list that is gone meanwhile is left out, a file that another
    took the place of is the new one. Three queries for most.
    """
    named = {"sender_id": Sender.objects, "recipient_list_id": RecipientList.objects}
    gone = [name for name, rows in named.items() if state.get(name) and not rows.filter(pk=state[name]).exists()]
    content = {"content": followed(state["content"])} if state.get("content") else {}
    return {**state, **content, **dict.fromkeys(gone)}


def _demand_readable(changes: Mapping[str, Any]) -> None:
    try:
        Content.from_json(changes.get("content", EMPTY))
    except ContentError as error:
        raise ComposeError(error.code, f"{error.message} ({error.pointer})") from error


def _own(draft_id: UUID, user: User) -> Draft:
    return Draft.objects.select_related("sender").select_for_update(of=("self",)).get(pk=draft_id, owner=user)


def _state_at(draft: Draft, version: int) -> dict[str, Any] | None:
    """What the draft said at a version, if it was kept. Both tabs may be right: one looked, the other put it back."""
    kept = DraftVersion.objects.filter(draft=draft, version=version).first()
    return kept.state if kept else None


def _change(draft: Draft, changes: Mapping[str, Any], *, keep: bool, turn: Turn | None = None) -> None:
    """Write the changes as the next version, after keeping what stood there if it is time to."""
    latest = DraftVersion.objects.filter(draft=draft).values_list("created_at", flat=True).first()
    if keep or latest is None or timezone.now() - latest >= BETWEEN_VERSIONS:
        DraftVersion.objects.create(draft=draft, version=draft.version, state=state_of(draft))
        _prune(draft)
    before = attached.named_in(draft.content)
    for name in changes:
        setattr(draft, name, changes[name])
    if (files := attached.named_in(draft.content)) != before:
        _note(draft, files)
    draft.version += 1
    draft.page, draft.turn = turn or ("", 0)
    said = [name.removesuffix("_id") for name in changes]
    draft.save(update_fields=[*said, "version", "page", "turn", "updated_at"])


def _note(draft: Draft, files: set[str]) -> None:
    """Say which files the draft needs. Three statements."""
    label = f"draft:{draft.pk}"
    uses.forget(label, keeping=files)
    if files:
        uses.note(files, label, None)


def _prune(draft: Draft) -> None:
    kept = KEPT_WHEN_LONG if len(draft.recipients) > LONG_LIST else KEPT
    versions = DraftVersion.objects.filter(draft=draft)
    oldest = versions.order_by("-version").values("version")[kept - 1 : kept]
    versions.filter(version__lt=oldest).delete()


def _named_files(content: Content) -> Content:
    """The content with nothing but the names of its files, to be resolved afresh."""
    return replace(
        content,
        slides=tuple(
            replace(slide, parts=tuple(Part(p.kind, p.asset, "" if p.asset else p.url, p.host) for p in slide.parts))
            for slide in content.slides
        ),
    )
