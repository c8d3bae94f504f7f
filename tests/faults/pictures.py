"""Messages with a picture on an S3 server, and its copy spoilt. Imported once a world's settings are in force."""

import io
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from PIL import Image

from media.models import Asset
from media.uploads import store
from messaging.content import Content, Part, Slide
from messaging.models import Sender
from messaging.queueing import Order, RecipientOrder, queue
from tests.faults.orders import FALLBACK
from tests.faults.sending import people
from tests.media import s3_server


def environment(endpoint: str) -> dict[str, str]:
    """The settings of a portal that keeps its files there."""
    told = {"MEDIA_STORAGE": "s3", "S3_BUCKET": s3_server.BUCKET, "S3_REGION": "us-east-1", "S3_ENDPOINT_URL": endpoint}
    return {**told, **s3_server.KEYS}


def storages(endpoint: str) -> dict[str, object]:
    """The same for this process."""
    return {**settings.STORAGES, "default": s3_server.storage_at(endpoint)}


def order(count: int, name: str) -> Callable[[], list[UUID]]:
    """Store a picture of its own. Out: what queues a message with it to so many people."""
    seed = sum(name.encode())
    file = io.BytesIO()
    Image.new("RGB", (64 + seed % 64, 64), (seed % 256, 40, 90)).save(file, "JPEG")
    asset = store(file.getvalue(), name=f"{name.replace(' ', '-')}.jpg", owner="user:1")

    def send() -> list[UUID]:
        slide = Slide("Hello", parts=(Part("image", asset=str(asset.pk)),))
        sender = Sender.objects.get(account__provider="webex", address="34343")
        recipients = [RecipientOrder(number) for number in people(count)]
        message = queue(Order(sender, Content("Hello", "Hello", (slide,), FALLBACK), recipients), now=timezone.now())
        return list(message.transactions.values_list("pk", flat=True))

    return send


def spoilt(send: Callable[[], list[UUID]], how: str, endpoint: str) -> tuple[list[UUID], tuple[str, bytes]]:
    """Queue messages whose picture is "lost" in the bucket, or "cut short". Out: the rows, and what was there."""
    client, key = s3_server.client_of(endpoint), Asset.objects.order_by("-created_at")[0].storage_key
    whole = client.get_object(Bucket=s3_server.BUCKET, Key=key)["Body"].read()
    if how == "lost":
        client.delete_object(Bucket=s3_server.BUCKET, Key=key)
    else:
        client.put_object(Bucket=s3_server.BUCKET, Key=key, Body=whole[: len(whole) // 2], ContentType="image/jpeg")
    return send(), (key, whole)


def mend(endpoint: str, whole: tuple[str, bytes]) -> None:
    """Put the file back."""
    key, content = whole
    s3_server.client_of(endpoint).put_object(Bucket=s3_server.BUCKET, Key=key, Body=content, ContentType="image/jpeg")
