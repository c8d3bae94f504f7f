const answer = await fetch("https://portal.example/api/v1/messages?dry_run=true", {
  method: "POST",
  headers: { key: process.env.MMS_KEY, "Content-Type": "application/json" },
  body: JSON.stringify({
    from: "any",
    to: ["+16475550142"],
    content: { slides: [{ text: "Hello" }], fallback: { text: "Hello" } },
  }),
});
const found = await answer.json();
console.log(found.ok ? "would be sent" : "would be refused");
for (const finding of found.findings) console.log(finding.severity, finding.pointer, finding.message, finding.fix);
for (const route of found.routing) console.log(route.account, route.recipients, route.reasons);
