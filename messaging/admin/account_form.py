"""The form of a provider account: credentials go in and never come out again."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from messaging import fitting, meanings
from messaging.admin.fields import NetworksField
from messaging.gateway import registry
from messaging.gateway.contract import CredentialField, OptionField
from messaging.models import ProviderAccount
from messaging.models.sealing import SealBroken

PREFIX = "credential_"
SWITCH = "option_"
PORTS = {"http": 80, "https": 443}
LONGEST_SECRET = 4096


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What both steps share: the address must be one that credentials may be sent to."""

    def clean_base_url(self) -> str:
        return check_base_url(self.cleaned_data["base_url"])


class NewAccountForm(AccountForm):
    """Step one: which provider. Its credentials are asked for on the next page."""

    provider = forms.ChoiceField(label=_("Provider"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["provider"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [("", gettext("Choose one")), *((name, meanings.label_of(name)) for name in registry.names())]


class KeptAccountForm(AccountForm):
    """Step two and later: credentials are written, never read; a blank field keeps what is stored."""

    source_cidrs = NetworksField(
        label=_("Receipts may come from"), help_text=_("One network a line, such as 203.0.113.0/24. Empty allows any.")
    )
    forget = forms.MultipleChoiceField(
        label=_("Forget"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Tick to remove what is stored."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored, self.broken = stored_credentials(self.instance)
        credentials = credentials_of(self.instance.provider)
        for credential in credentials:
            if field := self.fields.get(PREFIX + credential.name):
                field.widget.attrs["placeholder"] = (
                    gettext("Stored. Leave blank to keep it") if self._has(credential) else gettext("Not set")
                )
        optional = [(each.name, gettext(each.label)) for each in credentials if self._has(each) and not each.required]
        for option in options_of(self.instance.provider):
            if field := self.fields.get(SWITCH + option.name):
                field.initial = self.instance.options.get(option.name, option.default)
        forget = self.fields.get("forget")
        if isinstance(forget, forms.MultipleChoiceField):
            forget.choices = optional

    def _has(self, credential: CredentialField) -> bool:
        return bool(self.stored.get(credential.name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for credential in credentials_of(self.instance.provider):
            name = PREFIX + credential.name
            if credential.required and not cleaned.get(name) and not self._has(credential) and name in self.fields:
                said = gettext("%(what)s is needed to send through this provider.")
                self.add_error(name, said % {"what": gettext(credential.label)})
            elif self._moves(cleaned) and self._has(credential) and not cleaned.get(name) and not self._forgets(name):
                said = gettext("The address has changed: type this in again, so that nobody else receives it.")
                self.add_error(name, said)
        return cleaned

    def _moves(self, cleaned: dict[str, Any]) -> bool:
        """Whether credentials would travel to another host, or in the clear, from now on."""
        old, new = urlsplit(str(self.initial.get("base_url", ""))), urlsplit(cleaned.get("base_url", ""))
        return (old.scheme, old.netloc.lower()) != (new.scheme, new.netloc.lower())

    def _forgets(self, name: str) -> bool:
        return name.removeprefix(PREFIX) in self.cleaned_data.get("forget", [])

    def save(self, commit: bool = True) -> ProviderAccount:
        given = {
            credential.name: self.cleaned_data.get(PREFIX + credential.name, "")
            for credential in credentials_of(self.instance.provider)
        }
        kept = {name: value for name, value in self.stored.items() if name not in self.cleaned_data.get("forget", [])}
        typed = {name: value for name, value in given.items() if value}
        if typed or kept != self.stored:
            self.instance.credentials = kept | typed
        # Switches that the provider's folder does not name (any more) stay as they are.
        self.instance.options = {**self.instance.options, **self._switched()}
        saved: ProviderAccount = super().save(commit)
        return saved

    def _switched(self) -> dict[str, bool]:
        return {
            option.name: bool(self.cleaned_data.get(SWITCH + option.name))
            for option in options_of(self.instance.provider)
            if SWITCH + option.name in self.fields
        }


def form_for(account: ProviderAccount) -> type[KeptAccountForm]:
    """The form with a write-only field for each credential of the account's provider and a box for each switch."""
    fields: dict[str, forms.Field] = {PREFIX + each.name: _field(each) for each in credentials_of(account.provider)}
    fields |= {SWITCH + each.name: _switch(each) for each in options_of(account.provider)}
    return type("KeptAccountForm", (KeptAccountForm,), fields)


def _field(credential: CredentialField) -> forms.Field:
    return forms.CharField(
        label=gettext(credential.label),
        required=False,
        max_length=LONGEST_SECRET,
        help_text=gettext(credential.help),
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
    )


def _switch(option: OptionField) -> forms.Field:
    return forms.BooleanField(
        label=gettext(option.label), required=False, help_text=gettext(option.help), widget=UnfoldBooleanSwitchWidget
    )


def credentials_of(provider: str) -> Sequence[CredentialField]:
    """The credentials a provider asks for; none for a folder that is gone."""
    return registry.provider(provider).client.CREDENTIALS if provider in registry.names() else ()


def options_of(provider: str) -> Sequence[OptionField]:
    """The switches a provider's accounts have, and those of every account; none for a folder that is gone."""
    return (*registry.provider(provider).client.OPTIONS, *fitting.OPTIONS) if provider in registry.names() else ()


def stored_credentials(account: ProviderAccount) -> tuple[dict[str, str], bool]:
    """What is stored, for comparing only, and whether its seal is broken."""
    try:
        return account.credentials, False
    except SealBroken:
        return {}, True


def check_base_url(text: str) -> str:
    """The address without a trailing slash. Raises ValidationError for anything credentials must not be sent to.

    Plain http is for loopback sandboxes the operator has listed (MMS_ALLOW_PRIVATE_TARGETS), nothing else.
    """
    try:
        url = urlsplit(text.strip())
        host, port = url.hostname or "", url.port or PORTS.get(url.scheme, 0)
    except ValueError as error:
        raise ValidationError(gettext("This is not a web address. Write it as https://api.example.com.")) from error
    if (
        url.scheme not in PORTS
        or not host
        or any(character.isspace() or character == "\\" for character in text.strip())
    ):
        raise ValidationError(gettext("This is not a web address. Write it as https://api.example.com."))
    if url.username is not None or url.password is not None or url.query or url.fragment:
        raise ValidationError(gettext("Give the address alone, without user name, query or fragment."))
    if url.scheme != "https" and f"{host}:{port}" not in settings.ALLOW_PRIVATE_TARGETS:
        said = gettext("Use https: credentials must not travel in the clear to %(host)s.")
        raise ValidationError(said % {"host": f"{host}:{port}"})
    return text.strip().rstrip("/")
