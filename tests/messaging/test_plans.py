"""When a plan means: local times of named zones, gaps and repeats of their clocks, validity, and who goes first."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.plans import FIRST, LATER, MARKETING, SECOND, TRANSACTIONAL, ZONES, Plan, timing, undo_seconds
from messaging.slide_rules import Severity

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


def later(local: str, zone: str, **more: object) -> Plan:
    return Plan(when=LATER, local=local, zone=zone, **more)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/Toronto", "2026-11-22T09:00", "2026-11-22T14:00"),
        ("America/Toronto", "2026-07-01T09:00", "2026-07-01T13:00"),
        ("America/Phoenix", "2026-07-01T09:00", "2026-07-01T16:00"),
        ("America/St_Johns", "2026-11-22T09:00", "2026-11-22T12:30"),
        ("Asia/Kathmandu", "2026-11-22T09:00", "2026-11-22T03:15"),
        ("Pacific/Kiritimati", "2026-11-22T09:00", "2026-11-21T19:00"),
        ("Australia/Lord_Howe", "2026-11-22T09:00", "2026-11-21T22:00"),
        ("Europe/Dublin", "2026-07-01T09:00", "2026-07-01T08:00"),
        ("UTC", "2026-11-22T09:00", "2026-11-22T09:00"),
    ],
)
def test_a_local_time_is_a_moment(zone: str, local: str, utc: str) -> None:
    found, findings = timing(later(local, zone), NOW)

    assert not findings
    assert found.send_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "local", "next_time"),
    [
        ("America/Toronto", "2027-03-14T02:00", "2027-03-14 03:00"),
        ("America/Toronto", "2027-03-14T02:30", "2027-03-14 03:00"),
        ("America/Toronto", "2027-03-14T02:59", "2027-03-14 03:00"),
        ("Europe/Berlin", "2027-03-28T02:15", "2027-03-28 03:00"),
        ("Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-03 02:30"),
        ("America/Havana", "2027-03-14T00:30", "2027-03-14 01:00"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-31 00:00"),
    ],
)
def test_a_time_the_clocks_leave_out_is_refused_and_the_next_one_named(zone: str, local: str, next_time: str) -> None:
    found, [finding] = timing(later(local, zone), NOW)

    assert found.send_at is None
    assert (finding.code, finding.severity) == ("schedule_skipped", Severity.BLOCKS)
    assert next_time in finding.fix


@pytest.mark.parametrize("local", ["2027-03-14T01:59", "2027-03-14T03:00"])
def test_the_times_beside_a_gap_exist(local: str) -> None:
    assert timing(later(local, "America/Toronto"), NOW)[1] == []


@pytest.mark.parametrize(
    ("zone", "local", "first", "second", "names"),
    [
        ("America/Toronto", "2026-11-01T01:30", "05:30", "06:30", ("EDT, UTC-4", "EST, UTC-5")),
        ("Europe/Berlin", "2026-10-25T02:30", "00:30", "01:30", ("CEST, UTC+2", "CET, UTC+1")),
        ("Australia/Lord_Howe", "2027-04-04T01:45", "14:45", "15:15", ("UTC+11", "UTC+10:30")),
    ],
)
def test_a_time_the_clocks_show_twice_says_which_is_meant(zone, local, first, second, names) -> None:
    unsaid, [advice] = timing(later(local, zone), NOW)
    one, nothing = timing(later(local, zone, turn=FIRST), NOW)
    two, nothing_either = timing(later(local, zone, turn=SECOND), NOW)

    assert (advice.code, advice.severity) == ("schedule_twice", Severity.ADVISES)
    assert names[0] in advice.message
    assert names[1] in advice.fix
    assert nothing == nothing_either == []
    assert f"{unsaid.send_at:%H:%M}" == f"{one.send_at:%H:%M}" == first
    assert f"{two.send_at:%H:%M}" == second
    assert two.names == names


def test_every_zone_that_is_offered_fits_where_it_is_kept() -> None:
    said = [timing(later("2026-12-01T09:00", zone), NOW)[0].said for zone in ZONES]

    assert len(said) > 400
    assert max(map(len, said)) <= 80
    assert "2026-12-01 09:00 America/Toronto (EST, UTC-5)" in said


@pytest.mark.parametrize(
    ("local", "zone", "code"),
    [
        ("", "America/Toronto", "schedule_missing"),
        ("2026-11-22", "America/Toronto", "schedule_unreadable"),
        ("tomorrow", "America/Toronto", "schedule_unreadable"),
        ("2026-02-30T09:00", "America/Toronto", "schedule_unreadable"),
        ("9999-12-31T23:59", "America/Toronto", "schedule_far"),
        ("0001-01-01T00:00", "Pacific/Apia", "schedule_far"),
        ("2026-11-22T09:00", "", "zone_unknown"),
        ("2026-11-22T09:00", "Mars/Base", "zone_unknown"),
        ("2026-11-22T09:00", "../../etc/passwd", "zone_unknown"),
        ("2026-11-22T09:00", "localtime", "zone_unknown"),
    ],
)
def test_what_is_no_time_is_refused_and_never_means_now(local: str, zone: str, code: str) -> None:
    found, [finding] = timing(later(local, zone, valid_minutes=60), NOW)

    assert (found.send_at, found.expire_at) == (None, None)
    assert (finding.code, finding.severity, finding.pointer) == (code, Severity.BLOCKS, "/send_at")


def test_a_validity_counts_from_the_sending() -> None:
    assert timing(Plan(valid_minutes=60), NOW)[0].expire_at == NOW + timedelta(hours=1)
    found, _findings = timing(later("2026-11-22T09:00", "UTC", valid_minutes=60), NOW)
    assert found.expire_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(valid_minutes=4), "validity_range"),
        (Plan(valid_minutes=10_081), "validity_range"),
        (Plan(canary=0), "canary_range"),
        (Plan(canary=1_001), "canary_range"),
        (Plan(canary=5, canary_minutes=0), "canary_watch_range"),
        (Plan(canary=5, canary_minutes=1_441), "canary_watch_range"),
    ],
)
def test_numbers_out_of_range_are_refused(plan: Plan, code: str) -> None:
    assert [(one.code, one.severity) for one in timing(plan, NOW)[1]] == [(code, Severity.BLOCKS)]


@pytest.mark.parametrize(
    ("purpose", "accepted", "seconds"),
    [(MARKETING, 1, 0), (MARKETING, 2, 60), (TRANSACTIONAL, 20, 0), (TRANSACTIONAL, 21, 60)],
)
def test_what_is_bulk_waits_for_second_thoughts(purpose: str, accepted: int, seconds: int) -> None:
    assert undo_seconds(Plan(purpose=purpose), accepted, 60) == seconds


def test_a_plan_comes_back_from_its_draft_as_it_was() -> None:
    plan = later("2026-11-22T09:00", "America/Toronto", canary=5, purpose=TRANSACTIONAL)

    assert Plan.from_json(plan.to_json()) == plan
    assert Plan().to_json() == {}
    assert Plan.from_json({"when": "now", "of_tomorrow": 1}) == Plan()
