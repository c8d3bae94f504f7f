# Keep `next` and ask with it again: nothing is missed, however long you were away. `wait` keeps the line open for news.
curl -sS "https://portal.example/api/v1/events?limit=100" -H "key: $MMS_KEY"
