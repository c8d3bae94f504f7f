curl -sS -X POST "https://portal.example/api/v1/messages/$MESSAGE_ID/cancel" -H "key: $MMS_KEY"
