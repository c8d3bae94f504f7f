"""What handsets send to a customer of Telesign (telesign.md, section 13)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from messaging.gateway.serving import Notice, Tenant
from messaging.providers.telesign.server.errors import reference
from messaging.providers.telesign.server.notices import notice, rfc3339, write
from messaging.providers.telesign.server.wordings import INBOUND

ACTIONS = frozenset({"stop", "start", "help"})
KINDS = {"image": ("jpg", "jpeg", "png", "gif"), "video": ("mp4", "3gp", "3gpp"), "audio": ("mp3", "amr", "wav")}


def inbound(tenant: Tenant, *, sender: str, recipient: str, text: str, files: Sequence[str], at: datetime) -> Notice:
    """What a handset sent: an MMS when there are files, else an SMS with what its first word asks for."""
    stamp = rfc3339(at)
    members: dict[str, Any] = {
        "reference_id": reference(),
        "status": {"updated_on": stamp, "description": "Delivered to customer", "code": int(INBOUND)},
    }
    if files:
        members |= {"phone_number": sender, "content": _content(text, files), "sub_resource": "mo_mms"}
        return notice(write(members), tenant, method="POST")
    keyword = (text.split() or [""])[0].lower()
    members |= {
        "user_response": {
            "sender_id": recipient,
            "iso_country_code": "US",
            "action": keyword if keyword in ACTIONS else "generic",
            "keyword": keyword,
            "phone_number": sender,
            "mo_message": text,
            "price": "",
        },
        "sub_resource": "mo_sms",
        "errors": {},
        "submit_timestamp": stamp,
    }
    return notice(write(members), tenant, method="POST")


def _content(text: str, files: Sequence[str]) -> dict[str, str]:
    content = {"subject": "", "text_1": text} if text else {"subject": ""}
    for number, address in enumerate(files, start=1):
        ending = address.partition("?")[0].rpartition(".")[2].lower()
        kind = next((kind for kind, endings in KINDS.items() if ending in endings), None)
        if kind:
            content[f"url_{kind}_{number}"] = address
    return content
