import { readFile } from "node:fs/promises";

const base = "https://portal.example/api/v1";
const headers = { key: process.env.MMS_KEY };
const file = new Blob([await readFile("picture.png")]);

// One post for what is small.
const form = new FormData();
form.append("file", file, "picture.png");
form.append("alt", "The sea");
const small = await (await fetch(`${base}/media`, { method: "POST", headers, body: form })).json();
console.log(small.id, small.kind, small.size);

// Straight into the storage for what is large: announce it, put it, finish it.
const begun = await (
  await fetch(`${base}/media/uploads`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "picture.png", size: file.size }),
  })
).json();
const put = new FormData();
for (const [name, value] of Object.entries(begun.fields)) put.append(name, value);
put.append("file", file, "picture.png");
await fetch(begun.url, { method: "POST", body: put });
const large = await (await fetch(begun.finish, { method: "POST", headers })).json();
console.log(large.id, large.status);
