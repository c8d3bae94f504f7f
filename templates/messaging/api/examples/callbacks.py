import base64
import hashlib
import hmac
import os
import time
from pathlib import Path


def genuine(body: bytes, headers: dict[str, str], secret: str, *, tolerance: float = 300) -> bool:
    """Whether a callback is ours and fresh. The body is the one that arrived, byte for byte, before it is parsed."""
    identity, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > tolerance:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([identity.encode(), stamp.encode(), body])
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Several stand there while a secret is being changed.
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split())


arrived = {
    "webhook-id": os.environ["WEBHOOK_ID"],
    "webhook-timestamp": os.environ["WEBHOOK_TIMESTAMP"],
    "webhook-signature": os.environ["WEBHOOK_SIGNATURE"],
}
print("genuine" if genuine(Path("body.json").read_bytes(), arrived, os.environ["MMS_CALLBACK_SECRET"]) else "forged")
