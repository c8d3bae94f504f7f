import os

import httpx

message = {
    "from": "any",
    "to": ["+16475550142"],
    "content": {"slides": [{"text": "Hello"}], "fallback": {"text": "Hello"}},
}
answer = httpx.post(
    "https://portal.example/api/v1/messages",
    params={"dry_run": "true"},
    json=message,
    headers={"key": os.environ["MMS_KEY"]},
)
answer.raise_for_status()
found = answer.json()
print("would be sent" if found["ok"] else "would be refused")
for finding in found["findings"]:
    print(finding["severity"], finding["pointer"], finding["message"], finding["fix"])
for route in found["routing"]:
    print(route["account"], route["recipients"], route["reasons"])
