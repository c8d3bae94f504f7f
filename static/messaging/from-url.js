// A pasted address: the server fetches the file, and says what providers would have met there.
const fromUrl = () => document.getElementById("from-url");

function noted(notes, words) {
  const box = document.createElement("div");
  const list = document.createElement("ul");
  for (const note of notes) {
    const whom = note.providers.length ? `${note.providers.join(", ")}: ` : "";
    list.append(Object.assign(document.createElement("li"), { textContent: `${whom}${note.message}` }));
  }
  box.append(Object.assign(document.createElement("p"), { textContent: words.notes }), list);
  return box;
}

function refusedWith(message, fix = "") {
  return Object.assign(document.createElement("p"), { className: "err", textContent: `${message} ${fix}`.trim() });
}

async function fetched(form) {
  const said = form.querySelector("[role=status]");
  const words = form.dataset;
  const button = form.querySelector("button");
  button.disabled = true;
  said.replaceChildren(words.fetching);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    const { asset, notes, refused } = await answer.json();
    if (refused) {
      said.replaceChildren(refusedWith(refused.message, refused.fix));
      return;
    }
    place(describe(asset), target ?? slidesOf()[0]);
    check();
    form.elements.url.value = "";
    said.replaceChildren(words.added.replace("%s", asset.name), ...(notes.length ? [noted(notes, words)] : []));
  } catch {
    said.replaceChildren(refusedWith(words.lost));
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target !== fromUrl()) return;
  event.preventDefault();
  fetched(event.target);
});
