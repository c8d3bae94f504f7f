// Mends of a medium that need this page: describing a file in a dialog, and having a caller's file hosted by us.
const cardAt = (button) => document.getElementById(button.dataset.at);

document.addEventListener("click", (event) => {
  const button = event.target.closest('button[data-action="write_alt"], button[data-action="host_media"]');
  const card = button && cardAt(button);
  if (!card) return;
  if (button.dataset.action === "host_media") host(button, card);
  else askForWords(card);
});

function askForWords(card) {
  const [, , asset] = card.querySelector("input").value.split(":");
  const query = new URLSearchParams({ draft: draftId(), asset });
  htmx.ajax("GET", `${document.getElementById("describe").dataset.form}?${query}`, { target: "#describe-body", swap: "innerHTML" });
}

// What was described is looked at again.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.closest?.("#describe") && detail.requestConfig.verb === "post" && detail.successful) check();
});

// The server fetches the file once; our copy takes the place of the address.
async function host(button, card) {
  const slide = card.closest(".slide");
  const said = slide.querySelector(".refusals");
  const form = fromUrl();
  if (!form || button.getAttribute("aria-busy")) return;
  const body = new FormData(form);
  body.set("url", card.querySelector("input").value.split(":").slice(2).join(":"));
  button.setAttribute("aria-busy", "true");
  said.replaceChildren(form.dataset.fetching);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const { asset, refused } = await answer.json();
    if (refused) {
      said.replaceChildren(refusedWith(refused.message, refused.fix));
      return;
    }
    said.replaceChildren();
    card.remove();
    place(describe(asset), slide).querySelector("textarea").focus();
    check();
  } catch {
    said.replaceChildren(refusedWith(form.dataset.lost));
  } finally {
    button.removeAttribute("aria-busy");
  }
}
