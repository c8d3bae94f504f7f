import os
import time

import httpx

api = httpx.Client(base_url="https://portal.example/api/v1", headers={"key": os.environ["MMS_KEY"]})
message = os.environ["MESSAGE_ID"]
for _look in range(60):
    progress = api.get(f"/messages/{message}/progress").raise_for_status().json()
    print(progress["counts"], progress["estimated_finish"])
    if progress["settled"] == progress["total"]:
        break
    time.sleep(1)

page = f"/transactions?message={message}&fields=to,status,reason"
while page:
    rows = api.get(page).raise_for_status().json()
    for row in rows["results"]:
        print(row["to"], row["status"], row["reason"] and row["reason"]["next_step"])
    page = rows["next"]
