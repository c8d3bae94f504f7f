"""The doors of recipient lists, below /lists/."""

from django.urls import path

from messaging.web import lists

urlpatterns = [
    path("", lists.ListsKept.as_view(), name="lists-kept"),
    path("import/", lists.ListImport.as_view(), name="list-import"),
    path("typed/", lists.ListTyped.as_view(), name="list-typed"),
    path("<uuid:pk>/", lists.ListPanel.as_view(), name="list-panel"),
    path("<uuid:pk>/rows/<int:position>/", lists.ListRow.as_view(), name="list-row"),
    path("<uuid:pk>/columns/", lists.ListColumns.as_view(), name="list-columns"),
    path("<uuid:pk>/drop/", lists.ListDrop.as_view(), name="list-drop"),
    path("<uuid:pk>/mended/", lists.ListMended.as_view(), name="list-mended"),
    path("<uuid:pk>/rows-to-mend.csv", lists.ListBadRows.as_view(), name="list-bad-rows"),
    path("<uuid:pk>/recipients.csv", lists.ListRows.as_view(), name="list-rows"),
    path("<uuid:pk>/keep/", lists.ListKeep.as_view(), name="list-keep"),
    path("<uuid:pk>/forget/", lists.ListForget.as_view(), name="list-forget"),
]
