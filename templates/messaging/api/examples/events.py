import os

import httpx

api = httpx.Client(base_url="https://portal.example/api/v1", headers={"key": os.environ["MMS_KEY"]}, timeout=40)
place = {}
for _look in range(3):
    page = api.get("/events", params={**place, "wait": 1}).raise_for_status().json()
    for event in page["results"]:
        print(event["at"], event["to"], event["event"])
    # Keep this place once the events are dealt with: asking with it again misses nothing.
    place = {"after": page["next"]}
