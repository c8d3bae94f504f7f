"""Messages whose callers want news of them at a server of theirs. Imported once a world's settings are in force."""

from uuid import UUID

from django.test import override_settings
from django.utils import timezone

from messaging import callbacks
from messaging.models import Message, Sender, issue_key
from messaging.queueing import Order, RecipientOrder, queue
from tests.faults.orders import content
from tests.faults.sending import people
from tests.messaging.callbacks.receiver import Receiver


def order(shop: Receiver, count: int, allowed: str) -> list[UUID]:
    """Queue messages of a caller of their own whose server this is. In: the private targets that are allowed by now."""
    with override_settings(ALLOW_PRIVATE_TARGETS=frozenset(allowed.split(","))):
        key = issue_key(name=shop.mood, scopes=["messages:send"])[0]
        end = callbacks.register(key, shop.url)
        callbacks.vouch(end, now=timezone.now())
        shop.secret = end.secret
        told = {"endpoint": end, "notify_url": end.url, "api_key": key, "source": Message.Source.API}
        sender = Sender.objects.get(account__provider="webex", address="34343")
        recipients = [RecipientOrder(number) for number in people(count)]
        message = queue(Order(sender, content("webex", stored=False), recipients, **told), now=timezone.now())
    return list(message.transactions.values_list("pk", flat=True))
