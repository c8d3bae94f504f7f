import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Whether a callback is ours and fresh. The body is the one that arrived, byte for byte, before it is parsed. */
function genuine(body, headers, secret, tolerance = 300) {
  const identity = headers["webhook-id"];
  const stamp = headers["webhook-timestamp"];
  if (!/^\d+$/.test(stamp) || Math.abs(Date.now() / 1000 - Number(stamp)) > tolerance) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${identity}.${stamp}.`), body]);
  const expected = Buffer.from(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  // Several stand there while a secret is being changed.
  return headers["webhook-signature"].split(" ").some((given) => {
    const other = Buffer.from(given);
    return other.length === expected.length && timingSafeEqual(other, expected);
  });
}

const arrived = {
  "webhook-id": process.env.WEBHOOK_ID,
  "webhook-timestamp": process.env.WEBHOOK_TIMESTAMP,
  "webhook-signature": process.env.WEBHOOK_SIGNATURE,
};
console.log(genuine(await readFile("body.json"), arrived, process.env.MMS_CALLBACK_SECRET) ? "genuine" : "forged");
