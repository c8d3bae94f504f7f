"""What a call to Skycore must be (skycore.md, 3.2): key and account, addresses, texts, slides, in that order."""

import hmac
import re
from collections.abc import Collection
from datetime import datetime
from ipaddress import ip_address, ip_network

from messaging.gateway.serving import Call, Desk, SavedContent, Tenant
from messaging.providers.skycore.server import request as requests
from messaging.providers.skycore.server.errors import reject
from messaging.providers.skycore.server.request import AskedSlide, Request

MOST_SLIDES = 8
SUBJECT, SLIDE_TEXT = 80, 5000
SHORTEST, LONGEST = 1, 30
OBJECTS = frozenset({"contact", "calendar", "pdf", "passbook"})
NUMBER = re.compile(r"[1-9][0-9]{6,14}")
STORED = re.compile(r"[0-9]{1,18}")
OPERATOR = re.compile(r"[0-9]{6,7}")


def check_account(request: Request, call: Call, tenant: Tenant, desk: Desk) -> str:
    """The action asked for, if this caller may have it now. Raises Rejected: E100, E104 to E113, E120."""
    if not request.action:
        reject("E100")
    given = request.word("API_KEY").encode()
    if not any(hmac.compare_digest(given, key.encode()) for key in tenant.credentials.get("api_key", ())):
        reject("E104")
    if not tenant.option("api_rights", default=True):
        reject("E105")
    if not tenant.option("api_activated", default=True):
        reject("E109")
    _check_source(call, tenant)
    action = requests.ACTIONS.get(request.action.lower())
    if action is None:
        reject("E107")
    if tenant.option("limit_reached", default=False):
        reject("E120")
    if not desk.take(1):
        reject("E113", request.word("TO"))
    return action


def check_stored(request: Request, desk: Desk) -> SavedContent:
    """The stored content that `sendSavedMMS` names. Raises Rejected: E620, E625, E241, E626."""
    ref, to = request.word("MMSID"), request.word("TO")
    if not ref:
        reject("E620", to)
    if not STORED.fullmatch(ref):
        reject("E625", to)
    stored = desk.saved(ref)
    if stored is None or stored.failed:
        reject("E241", to)
    if not stored.ready:
        reject("E626", to)
    if not request.word("TO"):
        reject("E621")
    return stored


def check_addresses(request: Request, tenant: Tenant) -> None:
    """Raises Rejected: E110 for the recipient, E111 for the sender, E718 and E721 for the campaign."""
    to = request.word("TO")
    if not NUMBER.fullmatch(to):
        reject("E110", to)
    if request.word("FROM") not in tenant.senders:
        reject("E111", to)
    if not tenant.option("enforce_campaign", default=False):
        return
    campaign = request.word("CAMPAIGNREF")
    if not campaign:
        reject("E718", to)
    if campaign not in tenant.credentials.get("campaign_ref", ()):
        reject("E721", to)


def check_texts(request: Request) -> None:
    """Raises Rejected: E311 for the name, E622 for the fallback, E228 for the subject, E617 for the link's end."""
    to = request.word("TO")
    if not request.word("NAME"):
        reject("E311", to)
    if not request.word("SUBJECT") and not request.word("FALLBACKSMSTEXT"):
        reject("E622", to)
    if len(request.word("SUBJECT")) > SUBJECT:
        reject("E228", to, SUBJECT)
    until = request.word("MMSLINK_EXPIRATION_DATE")
    if until and not _is_date(until):
        reject("E617", to)


def check_slides(slides: Collection[AskedSlide], to: str) -> None:
    """Raises Rejected: E312, E225, then slide by slide E313, E226, E227, E224, E223, E334, E230."""
    if not slides:
        reject("E312", to)
    if len(slides) > MOST_SLIDES:
        reject("E225", to)
    for number, slide in enumerate(slides, start=1):
        if code := _fault(slide):
            reject(code, to, number)


def check_operator(request: Request, tenant: Tenant) -> None:
    """Raises Rejected: E650 where the account must name a network and does not, E628 for one that is none."""
    operator, to = request.word("OPERATORID"), request.word("TO")
    if not operator and tenant.option("require_operator", default=False):
        reject("E650", to)
    if operator and not OPERATOR.fullmatch(operator):
        reject("E628", to)


def _fault(slide: AskedSlide) -> str:
    kinds = [kind for kind, _url in slide.media]
    objects = [kind for kind in kinds if kind in OBJECTS]
    # In the order of section 3.2; the first one that holds is told.
    faults = (
        ("E313", not kinds and not slide.text.strip()),
        ("E226", "audio" in kinds and "video" in kinds),
        ("E227", "video" in kinds and "image" in kinds),
        ("E224", bool(objects) and len(objects) < len(kinds)),
        ("E223", len(objects) > 1),
        # Two of one kind have no code of their own.
        ("E100", len({*kinds}) < len(kinds)),
        ("E334", len(slide.text) > SLIDE_TEXT),
        ("E230", bool(slide.duration) and not _is_duration(slide.duration)),
    )
    return next((code for code, holds in faults if holds), "")


def _is_duration(written: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,4}", written)) and SHORTEST <= int(written) <= LONGEST


def _is_date(written: str) -> bool:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def _check_source(call: Call, tenant: Tenant) -> None:
    """An empty list lets everyone in."""
    if not tenant.sources:
        return
    try:
        source = ip_address(call.source)
    except ValueError:
        reject("E112")
    if not any(source in ip_network(network) for network in tenant.sources):
        reject("E112")
