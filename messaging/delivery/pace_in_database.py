"""The pace that processes share where there is no Redis: a row for each bucket, and the database's clock."""

from collections.abc import Collection
from math import ceil
from time import time
from typing import Any

from django.db import connection
from django.db.transaction import atomic

from messaging.delivery.pace_shared import Grant, Share
from messaging.models import PaceBucket, PaceShare


class DatabasePace:
    """Raises DatabaseError when the database does not answer."""

    def take(self, key: str, rate: float, burst: float, most: int, least: int) -> Grant:
        """Take from a bucket; as `pace_shared.Keeper` says. One statement, whose row lock keeps the processes apart."""
        own = connection.vendor == "sqlite"
        now = "%(now)s" if own else "extract(epoch FROM statement_timestamp())"
        low, high = ("MIN", "MAX") if own else ("LEAST", "GREATEST")
        # A clock that was set back must not leave a bucket empty for long.
        full_at = f"{low}({high}(full_at, {now}), {now} + %(burst)s)"
        there = f"CAST(({now} + %(burst)s - {full_at}) / %(interval)s - %(half)s AS INTEGER)"
        granted = f"CASE WHEN {there} < %(least)s THEN 0 ELSE {low}({there}, %(most)s) END"
        statement = (
            f"UPDATE {PaceBucket._meta.db_table} SET granted = {granted},"  # noqa: S608 (our own names)
            f" full_at = {full_at} + ({granted}) * %(interval)s"
            f" WHERE key = %(key)s RETURNING granted, full_at - {now}"
        )
        # PostgreSQL rounds where SQLite cuts off; a thousandth makes up for what is lost in floating point.
        half = -0.000001 if own else 0.499999
        values: dict[str, Any] = {
            "key": key,
            "interval": 1 / rate,
            "burst": burst,
            "most": most,
            "least": least,
            "half": half,
        }
        values["now"] = time()
        row = self._asked(statement, values)
        if row is None:
            PaceBucket.objects.bulk_create([PaceBucket(key=key)], ignore_conflicts=True)
            row = self._asked(statement, values) or (0, 0.0)
        number, owed = row[0], float(row[1])
        return Grant(number, 0.0 if number else max(0.0, owed + least / rate - burst))

    def share(
        self, key: str, process: str, total: int, *, wanted: int, flying: int, seconds: float, gone: Collection[str]
    ) -> Share:
        """Renew a share; as `pace_shared.Keeper` says. The processes queue at the row of a bucket."""
        PaceBucket.objects.bulk_create([PaceBucket(key=f"share:{key}")], ignore_conflicts=True)
        with atomic():
            list(PaceBucket.objects.select_for_update().filter(key=f"share:{key}").values_list("key"))
            now = self._now()
            rows = PaceShare.objects.filter(key=key)
            known = list(rows.exclude(process=process))
            dead = [row.pk for row in known if row.until < now or row.process in gone]
            if dead:
                rows.filter(pk__in=dead).delete()
            others = [row for row in known if row.pk not in dead]
            fair = ceil(total / (1 + sum(row.hungry for row in others)))
            free = max(0, total - sum(row.calls for row in others))
            calls = max(flying, min(wanted, fair, free))
            told = {"calls": calls, "hungry": wanted > calls or wanted >= fair, "until": now + seconds}
            rows.update_or_create(key=key, process=process, defaults=told)
        return Share(calls, (process, *(row.process for row in others)))

    @staticmethod
    def _asked(statement: str, values: dict[str, Any]) -> tuple[int, float] | None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[int, float] | None = cursor.fetchone()
        return row

    @staticmethod
    def _now() -> float:
        if connection.vendor == "sqlite":
            return time()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return float(cursor.fetchone()[0])
