import os

import httpx

api = httpx.Client(base_url="https://portal.example/api/v1", headers={"key": os.environ["MMS_KEY"]})
message = {
    "from": "34343",
    "to": [{"msisdn": "+16475550142", "correlation_id": "order-1881", "substitutions": {"area": "EC1M 4BH"}}],
    "content": {
        "subject": "Spring offer",
        "slides": [{"text": "Hello $(area)", "duration": 5}],
        "fallback": {"text": "Hello $(area)"},
    },
}
answer = api.post("/messages", json=message, headers={"Idempotency-Key": "order-1881"})
if answer.is_error:
    for error in answer.json()["errors"]:
        print(error["pointer"], error["message"], error["fix"])
answer.raise_for_status()
print(answer.json()["id"])
for transaction in answer.json()["transactions"]:
    print(transaction["id"], transaction["to"], transaction["status"])
