curl -sS "https://portal.example/api/v1/messages?dry_run=true" \
  -H "key: $MMS_KEY" -H "Content-Type: application/json" \
  -d '{"from": "any", "to": ["+16475550142"], "content": {"slides": [{"text": "Hello"}], "fallback": {"text": "Hello"}}}'
