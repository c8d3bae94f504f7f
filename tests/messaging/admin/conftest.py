import pytest
from django.contrib.auth.models import User
from django.test import Client

from messaging.models import ProviderAccount


@pytest.fixture
def account(account: ProviderAccount) -> ProviderAccount:
    """An account at an address that the form itself would take."""
    account.base_url = "https://api.example.com"
    account.save()
    return account


@pytest.fixture
def keeper(client: Client, sender_admin: User) -> Client:
    """A browser in which a sender admin is signed in."""
    client.force_login(sender_admin)
    return client


@pytest.fixture
def chief(client: Client, db: None) -> Client:
    """A browser in which a superuser is signed in."""
    client.force_login(User.objects.create_superuser("root", "root@example.com", "correct horse battery"))
    return client
