import os
from pathlib import Path

import httpx

api = httpx.Client(base_url="https://portal.example/api/v1", headers={"key": os.environ["MMS_KEY"]})
file = Path("picture.png").read_bytes()

# One post for what is small.
small = api.post("/media", files={"file": ("picture.png", file)}, data={"alt": "The sea"}).raise_for_status().json()
print(small["id"], small["kind"], small["size"])

# Straight into the storage for what is large: announce it, put it, finish it.
begun = api.post("/media/uploads", json={"name": "picture.png", "size": len(file)}).raise_for_status().json()
httpx.post(begun["url"], data=begun["fields"], files={"file": file}).raise_for_status()
large = api.post(begun["finish"]).raise_for_status().json()
print(large["id"], large["status"])
