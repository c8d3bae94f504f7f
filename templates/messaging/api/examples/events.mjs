const headers = { key: process.env.MMS_KEY };
let place = "";
for (let look = 0; look < 3; look += 1) {
  const answer = await fetch(`https://portal.example/api/v1/events?wait=1${place}`, { headers });
  const page = await answer.json();
  for (const event of page.results) console.log(event.at, event.to, event.event);
  // Keep this place once the events are dealt with: asking with it again misses nothing.
  place = `&after=${page.next}`;
}
