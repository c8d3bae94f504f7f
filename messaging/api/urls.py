"""The addresses below /api/v1/."""

from django.urls import path

from messaging.api import (
    callbacks,
    codes,
    documentation,
    events,
    messages,
    opt_outs,
    senders,
    steering,
    templates,
    transactions,
)

app_name = "api"
urlpatterns = [
    path("messages", messages.Messages.as_view(), name="messages"),
    path("messages/<uuid:message_id>", messages.MessageDetail.as_view(), name="message"),
    path("messages/<uuid:message_id>/progress", steering.Progress.as_view(), name="progress"),
    path("messages/<uuid:message_id>/pause", steering.PauseMessage.as_view(), name="pause"),
    path("messages/<uuid:message_id>/resume", steering.ResumeMessage.as_view(), name="resume"),
    path("messages/<uuid:message_id>/cancel", steering.CancelMessage.as_view(), name="cancel"),
    path("transactions", transactions.Transactions.as_view(), name="transactions"),
    path("transactions/<uuid:transaction_id>", transactions.TransactionDetail.as_view(), name="transaction"),
    path("senders", senders.Senders.as_view(), name="senders"),
    path("senders/<uuid:sender_id>", senders.SenderDetail.as_view(), name="sender"),
    path("templates", templates.Templates.as_view(), name="templates"),
    path("templates/<uuid:template_id>", templates.TemplateDetail.as_view(), name="template"),
    path("opt-outs", opt_outs.OptOuts.as_view(), name="opt-outs"),
    path("opt-outs/<uuid:opt_out_id>", opt_outs.OptOutDetail.as_view(), name="opt-out"),
    path("opt-outs/<uuid:opt_out_id>/lift", opt_outs.LiftOptOut.as_view(), name="lift"),
    path("codes", codes.Codes.as_view(), name="codes"),
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
