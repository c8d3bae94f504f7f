const headers = { key: process.env.MMS_KEY };
const base = "https://portal.example/api/v1";
const message = process.env.MESSAGE_ID;
for (let look = 0; look < 60; look += 1) {
  const progress = await (await fetch(`${base}/messages/${message}/progress`, { headers })).json();
  console.log(progress.counts, progress.estimated_finish);
  if (progress.settled === progress.total) break;
  await new Promise((done) => setTimeout(done, 1000));
}

let page = `${base}/transactions?message=${message}&fields=to,status,reason`;
while (page) {
  const rows = await (await fetch(page, { headers })).json();
  for (const row of rows.results) console.log(row.to, row.status, row.reason?.next_step);
  page = rows.next;
}
