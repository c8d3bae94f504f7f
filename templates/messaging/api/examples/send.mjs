const message = {
  from: "34343",
  to: [{ msisdn: "+16475550142", correlation_id: "order-1881", substitutions: { area: "EC1M 4BH" } }],
  content: {
    subject: "Spring offer",
    slides: [{ text: "Hello $(area)", duration: 5 }],
    fallback: { text: "Hello $(area)" },
  },
};
const answer = await fetch("https://portal.example/api/v1/messages", {
  method: "POST",
  headers: { key: process.env.MMS_KEY, "Content-Type": "application/json", "Idempotency-Key": "order-1881" },
  body: JSON.stringify(message),
});
const said = await answer.json();
if (!answer.ok) throw new Error(said.errors.map((error) => `${error.pointer} ${error.message} ${error.fix}`).join("\n"));
console.log(said.id);
for (const transaction of said.transactions) console.log(transaction.id, transaction.to, transaction.status);
