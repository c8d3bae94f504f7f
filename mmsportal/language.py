"""Which language a request is answered in: pages in the reader's, everything that programs read in English."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# A program that compares sentences, or a provider that fetches a file, must not depend on what a browser prefers.
FOR_PROGRAMS = ("/api/", "/webhooks/", "/m/", "/compat/", "/healthz", "/readyz", "/metrics")


class PagesInTheReadersLanguage(LocaleMiddleware):
    """Django's choice (cookie, then what the browser asks for), except where programs read."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of the answer."""
        if request.path_info.startswith(FOR_PROGRAMS):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)
