"""Drafts: kept at earlier versions, never overwritten unseen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import drafts
from messaging.composing import ComposeError
from messaging.drafts import KEPT, KEPT_WHEN_LONG, LONG_LIST, StaleDraft, restore, save_draft, set_aside, start_draft
from messaging.models import Draft, DraftVersion


@pytest.fixture
def draft(composer) -> Draft:
    return start_draft(composer)


@pytest.fixture
def save(draft, composer):
    def save(subject: str, *, version: int | None = None, **more: object) -> Draft:
        changes = {"content": {**draft.content, "subject": subject}, **more.pop("changes", {})}
        version = version or Draft.objects.get(pk=draft.pk).version
        return save_draft(draft.pk, user=composer, version=version, changes=changes, **more)

    return save


def kept(draft: Draft) -> list[str]:
    """The subjects of the kept versions, the oldest first."""
    return [row.state["content"]["subject"] for row in DraftVersion.objects.filter(draft=draft).order_by("version")]


def later() -> None:
    """Nobody typed for a while."""
    DraftVersion.objects.update(created_at=timezone.now() - drafts.BETWEEN_VERSIONS - timedelta(seconds=1))


def test_a_burst_of_typing_keeps_what_stood_there_before_it_once(save, draft):
    save("S")
    save("Sp")
    save("Spring")

    assert kept(draft) == [""]


def test_after_a_pause_the_next_change_keeps_a_version(save, draft):
    save("Spring")
    later()
    save("Summer")

    assert kept(draft) == ["", "Spring"]


def test_a_step_that_changes_much_is_always_kept(save, draft):
    save("Spring")
    save("Summer", keep=True)

    assert kept(draft) == ["", "Spring"]


def test_unchanged_work_is_no_version(save, draft):
    save("Spring")
    assert save("Spring", keep=True).version == 2
    assert kept(draft) == [""]


def test_only_the_last_versions_are_kept(save, draft):
    for number in range(KEPT + 5):
        save(str(number), keep=True)

    assert len(kept(draft)) == KEPT
    assert kept(draft)[-1] == str(KEPT + 3)


def test_long_lists_of_recipients_are_kept_fewer_times(save, draft):
    for number in range(KEPT_WHEN_LONG + 5):
        save(str(number), keep=True, changes={"recipients": "x" * (LONG_LIST + 1)})

    assert len(kept(draft)) == KEPT_WHEN_LONG


def test_what_was_saved_elsewhere_is_not_overwritten(save, draft):
    save("From one tab")

    with pytest.raises(StaleDraft) as stale:
        save("From the other", version=1)
    assert stale.value.current.content["subject"] == "From one tab"
    assert Draft.objects.get().content["subject"] == "From one tab"


def test_a_draft_that_says_again_what_was_read_is_not_stale(save, draft, composer):
    """One tab set its work aside, so the draft is back where the other tab read it: that one goes on in peace."""
    save("Read here")
    set_aside(draft.pk, user=composer, changes={"content": {**draft.content, "subject": "Set aside"}})

    assert save("Typed on", version=2).content["subject"] == "Typed on"
    assert kept(draft)[1:3] == ["Read here", "Set aside"]


def test_restoring_keeps_what_stood_there(save, draft, composer):
    save("Spring")
    save("Summer", keep=True)

    restored = restore(draft.pk, user=composer, version=2)

    assert restored.content["subject"] == "Spring"
    assert kept(draft)[-1] == "Summer"


def test_a_version_of_a_sender_that_is_gone_can_still_be_restored(save, draft, composer, sender):
    save("Spring", changes={"sender_id": sender.pk})
    save("Summer", keep=True, changes={"sender_id": None})
    sender.delete()

    assert restore(draft.pk, user=composer, version=2).sender is None


def test_restoring_gives_the_sender_back(save, draft, composer, sender):
    save("Spring", changes={"sender_id": sender.pk})
    save("Summer", keep=True, changes={"sender_id": None})

    restore(draft.pk, user=composer, version=2)
    assert Draft.objects.get().sender == sender


def test_nobody_reaches_the_draft_of_another(draft, make_user):
    other = make_user("otto", "Composer")

    for act in (
        lambda: save_draft(draft.pk, user=other, version=1, changes={"recipients": "x"}),
        lambda: set_aside(draft.pk, user=other, changes={"recipients": "x"}),
        lambda: restore(draft.pk, user=other, version=1),
    ):
        with pytest.raises(Draft.DoesNotExist):
            act()


def test_what_is_no_content_is_refused_with_its_place(save, draft, composer):
    with pytest.raises(ComposeError, match="/content/slides"):
        save_draft(draft.pk, user=composer, version=1, changes={"content": {"slides": "none"}})


def test_a_copy_of_a_draft_has_all_but_its_time(save, draft, composer, sender):
    original = save("Spring", changes={"sender_id": sender.pk, "recipients": "+16475550142", "plan": {"at": "x"}})

    copy = start_draft(composer, draft=original)

    assert copy.pk != original.pk
    assert (copy.content, copy.recipients, copy.sender) == (original.content, "+16475550142", sender)
    assert copy.plan == {}
