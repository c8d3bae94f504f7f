"""The demo's templates: what the shop sends, in five messages that fit every rule of the sandbox's provider."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User

from media.models import Asset
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.models import Message, Template
from messaging.templates import save_template


@dataclass(frozen=True, slots=True)
class Page:
    """One slide: its text, the kind of its medium, and which sample that is."""

    text: str
    kind: str
    sample: str
    seconds: int = 5


@dataclass(frozen=True, slots=True)
class Campaign:
    """A template, and how the shop uses it: from which sender, by whom, to how many at once, how often."""

    name: str
    subject: str
    pages: tuple[Page, ...]
    fallback: str
    sender: str
    purpose: str
    source: str
    fewest: int
    most: int
    weight: int

    def content(self, assets: Mapping[str, Asset]) -> Content:
        """The message with its files named."""
        slides = tuple(
            Slide(page.text, page.seconds, (Part(page.kind, asset=str(assets[page.sample].pk)),)) for page in self.pages
        )
        return Content(self.name, self.subject, slides, FallbackSms(self.fallback))


MARKETING, TRANSACTIONAL = Message.Purpose.MARKETING.value, Message.Purpose.TRANSACTIONAL.value
WEB, API = Message.Source.WEB.value, Message.Source.API.value
WEEKEND = "Weekend offer"
CAMPAIGNS = (
    Campaign(
        WEEKEND,
        "20% off every backpack",
        (
            Page("This weekend every backpack is 20% off. Come and try them on!", "image", "offer"),
            Page("We are open from 10 to 18 on Saturday, and from 11 to 16 on Sunday.", "image", "front"),
        ),
        "Northwind: 20% off every backpack this weekend. Reply STOP to opt out.",
        "+16475550100",
        MARKETING,
        WEB,
        10,
        28,
        3,
    ),
    Campaign(
        "Order ready",
        "Your order is ready",
        (
            Page("Hello $(name), order $(order) waits for you at our desk.", "image", "parcel"),
            Page("Any question? Save our number and call us.", "contact", "contact"),
        ),
        "Northwind: hello $(name), your order $(order) is ready for pickup.",
        "34343",
        TRANSACTIONAL,
        API,
        1,
        3,
        10,
    ),
    Campaign(
        "On its way",
        "Your order is on its way",
        (Page("$(name), our van left with order $(order). See you soon!", "video", "film", 8),),
        "Northwind: your order $(order) is on its way.",
        "70707",
        TRANSACTIONAL,
        API,
        1,
        2,
        8,
    ),
    Campaign(
        "Autumn evening",
        "You are invited",
        (
            Page("An evening with music, cider and the new jackets.", "image", "hills", 6),
            Page("This is how it will sound:", "audio", "jingle", 4),
            Page("Put it into your calendar.", "calendar", "event"),
        ),
        "Northwind: you are invited to our autumn evening. Reply STOP to opt out.",
        "+16475550100",
        MARKETING,
        WEB,
        8,
        18,
        2,
    ),
    Campaign(
        "Closing sale",
        "Sale!",
        (
            Page("Summer goes, and so do the prices.", "image", "sign"),
            Page("Our opening hours, to keep.", "pdf", "hours"),
        ),
        "Northwind: summer sale, up to half off. Reply STOP to opt out.",
        "34343",
        MARKETING,
        WEB,
        6,
        20,
        2,
    ),
)


def templates(owner: User, assets: Mapping[str, Asset]) -> dict[str, Template]:
    """The templates by name; one of that name is left as it is, whatever became of it."""
    known = {template.name: template for template in Template.objects.all()}
    for campaign in CAMPAIGNS:
        if campaign.name not in known:
            known[campaign.name] = save_template(campaign.content(assets), name=campaign.name, user=owner)
    return {campaign.name: known[campaign.name] for campaign in CAMPAIGNS}
