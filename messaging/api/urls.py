"""The addresses below /api/v1/."""

from django.urls import path

from messaging.api import callbacks, documentation, events, views

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
    path("callbacks", callbacks.Callbacks.as_view(), name="callbacks"),
    path("callbacks/<uuid:callback_id>", callbacks.CallbackDetail.as_view(), name="callback"),
    path("callbacks/<uuid:callback_id>/replay", callbacks.ReplayCallback.as_view(), name="replay"),
    path("callback-endpoints", callbacks.Endpoints.as_view(), name="endpoints"),
    path("callback-endpoints/<uuid:endpoint_id>", callbacks.EndpointDetail.as_view(), name="endpoint"),
    path("callback-endpoints/<uuid:endpoint_id>/verify", callbacks.VerifyEndpoint.as_view(), name="verify"),
    path("callback-endpoints/<uuid:endpoint_id>/secret", callbacks.RenewSecret.as_view(), name="secret"),
    path("callback-endpoints/<uuid:endpoint_id>/switch-off", callbacks.SwitchOffEndpoint.as_view(), name="switch-off"),
    path("events", events.Events.as_view(), name="events"),
    path("schema", documentation.Document.as_view(), name="schema"),
    path("docs", documentation.Browser.as_view(), name="docs"),
]
