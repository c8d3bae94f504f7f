"""What the fault runs send: an account and a sender at each provider, and contents that it carries.

Imported once a world's settings are in force.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from media.uploads import store
from messaging.content import Content, FallbackSms, Part, Slide
from messaging.gateway import registry
from messaging.gateway.serving import base_path, server
from messaging.models import Message, ProviderAccount, Sender
from messaging.queueing import Order, RecipientOrder, queue
from tests.media import samples
from tests.media.fitting import sources

# One for each run at a provider, so that no run meets the numbers of another.
AREAS = (206, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252)
FALLBACK = FallbackSms("Hello from the shop")


def open_accounts(sandbox: str) -> dict[str, str]:
    """An account with a sender at each provider of the sandbox at this address. Out: where its receipts go."""
    return {name: _account(name, sandbox).webhook_url for name in registry.names()}


def place_order(provider: str, run: int, messages: int, *, stored: bool, encoded: bool) -> Message:
    """Queue one content to so many numbers, all of which the handsets answer with "delivered".

    `run` numbers the runs at this provider from 0; `stored` has the content stored at the provider first, `encoded`
    has its medium made to fit before.
    """
    ProviderAccount.objects.filter(provider=provider).update(options={"save_first": stored})
    # The last two digits tell the sandbox's handset what to do: it takes the message.
    recipients = [RecipientOrder(f"+1{AREAS[run]}{555 + n // 100}{n % 100:02d}00") for n in range(messages)]
    sender = Sender.objects.get(account__provider=provider)
    said = _spoken() if encoded else content(provider, stored=stored)
    return queue(Order(sender, said, recipients), now=timezone.now())


def order_to(provider: str, numbers: Sequence[str], *, subject: str = "Hello") -> Message:
    """Queue a text, or a picture where none goes alone, to these numbers."""
    sender = Sender.objects.get(account__provider=provider)
    said = replace(content(provider, stored=False), subject=subject)
    return queue(Order(sender, said, [RecipientOrder(number) for number in numbers]), now=timezone.now())


def _account(provider: str, sandbox: str) -> ProviderAccount:
    tenant, client = server(provider).DEMO, registry.provider(provider).client
    account = ProviderAccount(
        name=client.LABEL,
        provider=provider,
        base_url=f"{sandbox}/{provider}{base_path(provider)}",
        calls_per_second=500,
        concurrency=20,
    )
    names = [field.name for field in client.CREDENTIALS if tenant.credentials.get(field.name)]
    account.credentials = {name: tenant.credentials[name][0] for name in names}
    account.save()
    Sender.objects.create(address="34343", kind="short_code", account=account)
    return account


def _spoken() -> Content:
    """A recording that no phone takes as it is, and that takes a moment to encode."""
    recording = store(sources.wav(30), name="greeting.wav", owner="user:1")
    return Content("Hello", "Hello", (Slide("Hello", parts=(Part("audio", asset=str(recording.pk)),)),), FALLBACK)


def content(provider: str, *, stored: bool) -> Content:
    """What the provider carries: a text, with a picture where it takes none alone; a new film where it is `stored`."""
    if stored:
        # A new film each time: one that is at the provider already is not stored again.
        name = f"Film of {timezone.now().isoformat()}"
        film = store(samples.film(), name="film.mp4", owner="user:1")
        return Content(name, "Hello", (Slide(name, parts=(Part("video", asset=str(film.pk)),)),), FALLBACK)
    if registry.provider(provider).profile.medium_required:
        picture = store(samples.jpeg(), name="hello.jpg", owner="user:1")
        return Content("Hello", slides=(Slide(parts=(Part("image", asset=str(picture.pk)),)),), fallback=FALLBACK)
    return Content("Hello", "Hello", (Slide("Hello"),), FALLBACK)
