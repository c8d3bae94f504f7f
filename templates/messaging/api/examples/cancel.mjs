const answer = await fetch(`https://portal.example/api/v1/messages/${process.env.MESSAGE_ID}/cancel`, {
  method: "POST",
  headers: { key: process.env.MMS_KEY },
});
const said = await answer.json();
console.log(answer.status === 409 ? "too late: everything has left" : `${said.cancelled} will not get it`);
