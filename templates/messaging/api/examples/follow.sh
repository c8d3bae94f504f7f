curl -sS "https://portal.example/api/v1/messages/$MESSAGE_ID/progress" -H "key: $MMS_KEY"
curl -sS "https://portal.example/api/v1/transactions?message=$MESSAGE_ID&fields=id,to,status,reason" -H "key: $MMS_KEY"
