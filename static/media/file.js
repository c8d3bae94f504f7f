// One file of the library: its dialog, and another file that takes its place.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "file-body") return;
  const file = event.target.querySelector(".file");
  document.getElementById("h-file").textContent = file.dataset.name;
  // Unfold would take every file input for one of its own, with a text field beside it.
  for (const input of event.target.querySelectorAll("input[type=file]")) input.hasChangeListener = true;
  const dialog = event.target.closest("dialog");
  if (dialog && !dialog.open) openDialog(dialog);
});

for (const input of document.querySelectorAll("#replace-file")) input.hasChangeListener = true;

// A tag or a description changed in the dialog is to be seen on the card behind it.
async function redrawCard(id) {
  const card = document.getElementById(`asset-${id}`);
  if (!card) return;
  const answer = await fetch(card.querySelector("[data-card]").dataset.card);
  if (!answer.ok) return;
  const holder = document.createElement("ul");
  holder.innerHTML = await answer.text();
  card.replaceWith(holder.firstElementChild);
  htmx.process(document.getElementById(`asset-${id}`));
}

document.getElementById("file")?.addEventListener("close", () => {
  const id = document.querySelector("#file-body .file")?.dataset.id;
  // A film or sound goes on playing in a closed dialog.
  for (const player of document.querySelectorAll("#file-body :is(video, audio)")) player.pause();
  if (id) redrawCard(id);
});

document.addEventListener("change", async (event) => {
  const input = event.target.closest("[data-replaces]");
  if (!input?.files.length) return;
  const old = input.dataset.replaces;
  const page = input.dataset.page;
  const arrived = ({ asset, card }) => {
    const before = document.getElementById(`asset-${old}`);
    if (before) {
      before.outerHTML = card;
      htmx.process(document.getElementById(`asset-${asset.id}`));
    }
    htmx.ajax("GET", page.replace(old, asset.id), "#file-body");
  };
  await sendFiles([...input.files].slice(0, 1), document.getElementById("replace-result"), arrived, { replaces: old });
});
