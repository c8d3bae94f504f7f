import os

import httpx

answer = httpx.post(
    f"https://portal.example/api/v1/messages/{os.environ['MESSAGE_ID']}/cancel",
    headers={"key": os.environ["MMS_KEY"]},
)
if answer.status_code == 409:
    print("too late: everything has left")
else:
    print(answer.raise_for_status().json()["cancelled"], "will not get it")
