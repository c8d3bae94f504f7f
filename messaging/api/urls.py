"""The addresses below /api/v1/."""

from django.urls import path

from messaging.api import documentation, views

app_name = "api"
urlpatterns = [
    path("messages", views.Messages.as_view(), name="messages"),
    path("messages/<uuid:message_id>", views.MessageDetail.as_view(), name="message"),
    path("messages/<uuid:message_id>/cancel", views.CancelMessage.as_view(), name="cancel"),
    path("transactions", views.Transactions.as_view(), name="transactions"),
    path("transactions/<uuid:transaction_id>", views.TransactionDetail.as_view(), name="transaction"),
    path("senders", views.Senders.as_view(), name="senders"),
    path("templates", views.Templates.as_view(), name="templates"),
    path("codes", views.Codes.as_view(), name="codes"),
    path("schema", documentation.Document.as_view(), name="schema"),
    path("docs", documentation.Browser.as_view(), name="docs"),
]
