"""The storage of files down, slow, refusing, and without the file (reliability, section 4, row 35)."""

import time

from tests.faults.catalogue import BOTH, Fault, Figures
from tests.faults.sheets import Sheet
from tests.faults.world import World


def storage_faults(place: World, short: bool) -> Figures:
    """Messages with pictures while the S3 server is each of these: they wait, say why, and go once it is well."""
    from django.test import override_settings  # noqa: PLC0415

    from messaging.models import TimelineEntry  # noqa: PLC0415  needs the world's settings
    from tests.faults import pictures, sending  # noqa: PLC0415
    from tests.media import s3_server  # noqa: PLC0415

    weed = s3_server.weed_program()
    if weed is None:
        return Figures(notes={"skipped": "SeaweedFS is not installed (requirements-heavy.txt)"})
    count, sheet, keys = 5 if short else 30, Sheet(), []
    folder = place.directory / "s3"
    folder.mkdir()
    with s3_server.seaweedfs(weed, folder) as endpoint:
        line = s3_server.Line(endpoint)
        place.environment |= pictures.environment(line.endpoint)
        with override_settings(STORAGES=pictures.storages(line.endpoint)):
            sending.open_portal(place)
            began = time.monotonic()
            place.start_pump()
            for fault in ("down", "refused") if short else ("down", "slow", "refused"):
                order = pictures.order(count, fault)
                line.fault = fault
                some = order()
                told = TimelineEntry.objects.filter(transaction__in=some, kind="no_media")
                waits = sending.until(lambda told=told: told.count() >= count, 60)
                sent = len(place.accepted("webex")) - len(keys)
                line.fault = ""
                well = time.monotonic()
                done = sending.drained(some, 60)
                sheet.notes[f"{fault}: drained_s"] = round(time.monotonic() - well, 1)
                sheet.must(waits and not sent and done, f"{fault}: waited {waits}, sent {sent}, then all: {done}")
                keys += some
            for fault in ("lost", "cut short"):
                order = pictures.order(count, fault)
                some, whole = pictures.spoilt(order, fault, endpoint)
                told = TimelineEntry.objects.filter(transaction__in=some, kind="no_media")
                waits = sending.until(lambda told=told: told.count() >= count, 40)
                codes = sorted(set(told.values_list("code", flat=True)))
                sent = len(place.accepted("webex")) - len(keys)
                pictures.mend(endpoint, whole)
                done = sending.drained(some, 60)
                sheet.notes[fault] = codes
                sheet.must(waits and not sent and done, f"{fault}: waited {waits}, sent {sent}, then all: {done}")
                keys += some
            figures = sheet.figures(place, keys, began)
            place.stop()
        line.close()
    return figures


FAULTS = [Fault("35", "storage of files", BOTH, storage_faults)]
