"""The portal's own pages."""

from django.urls import include, path

from messaging.web import (
    codes,
    compose,
    compose_mends,
    compose_templates,
    conversation,
    conversations,
    dashboard,
    draft_versions,
    from_url,
    message,
    messages,
    pausing,
    resending,
    steering,
    transactions,
)

app_name = "web"

urlpatterns = [
    path("", dashboard.Dashboard.as_view(), name="dashboard"),
    path("compose/", compose.Compose.as_view(), name="compose"),
    path("compose/check/", compose.ComposeCheck.as_view(), name="compose-check"),
    path("compose/mend/", compose_mends.ComposeMend.as_view(), name="compose-mend"),
    path("compose/send/", compose.ComposeSend.as_view(), name="compose-send"),
    path("compose/discard/", compose.ComposeDiscard.as_view(), name="compose-discard"),
    path("compose/versions/", draft_versions.DraftVersions.as_view(), name="draft-versions"),
    path("compose/version/", draft_versions.DraftVersionShown.as_view(), name="draft-version"),
    path("compose/restore/", draft_versions.DraftRestore.as_view(), name="draft-restore"),
    path("compose/difference/", draft_versions.DraftDifference.as_view(), name="draft-difference"),
    path("compose/aside/", draft_versions.DraftAside.as_view(), name="draft-aside"),
    path("media/from-url/", from_url.from_url, name="media-from-url"),
    path("lists/", include("messaging.web.lists_urls")),
    path("messages/", messages.MessageList.as_view(), name="messages"),
    path("messages/<uuid:pk>/", message.MessagePage.as_view(), name="message"),
    path("messages/<uuid:pk>/live/", message.MessageLive.as_view(), name="message-live"),
    path("messages/<uuid:pk>/pause/", steering.MessagePause.as_view(), name="message-pause"),
    path("messages/<uuid:pk>/resume/", steering.MessageResume.as_view(), name="message-resume"),
    path("messages/<uuid:pk>/stop/", steering.MessageStop.as_view(), name="message-stop"),
    path("messages/<uuid:pk>/rest/", steering.MessageRest.as_view(), name="message-rest"),
    path("messages/<uuid:pk>/undo/", steering.MessageUndo.as_view(), name="message-undo"),
    path("messages/<uuid:pk>/resend/", resending.MessageResend.as_view(), name="message-resend"),
    path("accounts/<uuid:pk>/resume/", pausing.AccountResume.as_view(), name="account-resume"),
    path("senders/<uuid:pk>/resume/", pausing.SenderResume.as_view(), name="sender-resume"),
    path("transactions/<uuid:pk>/", transactions.TransactionPage.as_view(), name="transaction"),
    path("transactions/<uuid:pk>/live/", transactions.TransactionLive.as_view(), name="transaction-live"),
    path("codes/", codes.CodeList.as_view(), name="codes"),
    path("conversations/", conversations.ConversationList.as_view(), name="conversations"),
    path("conversations/<uuid:pk>/", conversation.ConversationPage.as_view(), name="conversation"),
    path("templates/", compose_templates.TemplateList.as_view(), name="templates"),
    path("templates/<uuid:pk>/rename/", compose_templates.TemplateRename.as_view(), name="template-rename"),
    path("templates/<uuid:pk>/delete/", compose_templates.TemplateDelete.as_view(), name="template-delete"),
]
