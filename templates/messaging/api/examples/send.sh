curl -sS https://portal.example/api/v1/messages \
  -H "key: $MMS_KEY" -H "Content-Type: application/json" -H "Idempotency-Key: order-1881" \
  -d '{"from": "34343",
       "to": [{"msisdn": "+16475550142", "correlation_id": "order-1881", "substitutions": {"area": "EC1M 4BH"}}],
       "content": {"subject": "Spring offer", "slides": [{"text": "Hello $(area)", "duration": 5}],
                   "fallback": {"text": "Hello $(area)"}}}'
