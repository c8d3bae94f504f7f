"""The media library of the demo: one real file of each kind, taken in through the same door as any upload."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar
import vobject
from django.contrib.auth.models import User
from PIL import Image

from media.models import Asset
from media.uploads import store
from mmsportal.demo import pictures, recordings

FILM_FRAMES = 48


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to be made: its name in the library, its description for those who cannot see or hear it."""

    name: str
    alt: str
    make: Callable[[], bytes]


def _picture(draw: Callable[[], Image.Image]) -> Callable[[], bytes]:
    return lambda: pictures.jpeg(draw())


def _sign() -> bytes:
    first, *others = (frame.quantize(64) for frame in pictures.flickering_sign())
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=140, loop=0)
    return out.getvalue()


def _film() -> bytes:
    return recordings.film(pictures.delivery(frame / (FILM_FRAMES - 1)) for frame in range(FILM_FRAMES))


def _page() -> bytes:
    out = io.BytesIO()
    pictures.leaflet().save(out, "PDF", resolution=72, quality=88)
    return out.getvalue()


def _contact() -> bytes:
    card = vobject.vCard()
    card.add("fn").value = "Northwind service desk"
    card.add("n").value = vobject.vcard.Name(family="Northwind", given="Service desk")
    card.add("org").value = ["Northwind"]
    card.add("tel").value = "+1 416 555 0100"
    card.add("email").value = "desk@northwind.example"
    card.add("url").value = "https://northwind.example/"
    return str(card.serialize()).encode()


def _event() -> bytes:
    start = datetime.now(UTC).replace(hour=22, minute=0, second=0, microsecond=0) + timedelta(days=10)
    event = icalendar.Event()
    event.add("uid", "autumn-evening@northwind.example")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(hours=3))
    event.add("summary", "Autumn evening at Northwind")
    event.add("location", "100 Example Street, Springfield")
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Northwind//Demo//EN")
    whole.add("version", "2.0")
    whole.add_component(event)
    return bytes(whole.to_ical())


SAMPLES = {
    "front": Sample("shop-front.jpg", "The Northwind shop with its striped awning.", _picture(pictures.shop_front)),
    "offer": Sample("backpack-offer.jpg", "A teal backpack, 20% off.", _picture(pictures.backpack)),
    "parcel": Sample("order-ready.jpg", "A parcel with a red ribbon: ready for you.", _picture(pictures.parcel)),
    "hills": Sample("autumn.jpg", "Evening hills, Autumn at Northwind.", _picture(pictures.autumn_hills)),
    "sign": Sample("sale-sign.gif", "A neon sign that says SALE.", _sign),
    "film": Sample("on-its-way.mp4", "A red Northwind van drives through town.", _film),
    "jingle": Sample("jingle.mp3", "The shop's jingle: six bells.", recordings.jingle),
    "contact": Sample("service-desk.vcf", "Contact card of the service desk.", _contact),
    "event": Sample("autumn-evening.ics", "The autumn evening, as a calendar event.", _event),
    "hours": Sample("opening-hours.pdf", "The opening hours, on one page.", _page),
}


def library(owner: User) -> Mapping[str, Asset]:
    """Make, inspect and store what is not there yet. Out: the assets by the keys of SAMPLES."""
    mark = f"user:{owner.pk}"
    known = {asset.name: asset for asset in Asset.objects.usable().of(mark)}
    lacking = [sample for sample in SAMPLES.values() if sample.name not in known]
    for sample in lacking:
        known[sample.name] = store(sample.make(), name=sample.name, owner=mark, alt=sample.alt)
    return {key: known[sample.name] for key, sample in SAMPLES.items()}
