// Recipient lists in the composer: a file is sent to the server, whose answer is the panel in the dialog. The draft
// names its list in a hidden field, so that the check saves it with everything else.
const listDialog = () => document.getElementById("list-dialog");
const listField = () => document.getElementById("f-list");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  if ("chooseList" in data) chooseFile((file) => sendFile(listDialog().dataset.import, file));
  else if ("chooseMended" in data) chooseFile((file) => sendFile(button.closest("#list-panel").dataset.mended, file));
  else if ("openList" in data) openList(data.openList, data.then);
  else if ("removeList" in data) useList("");
  else if ("useList" in data) { document.getElementById("kept-dialog").close(); useList(data.useList); }
  else if ("keepTyped" in data) keepTyped();
});

function useList(id) {
  listField().value = id;
  check();
}

// The input never enters the page: Unfold would take every file input there for one of its own. It is kept here, since
// a browser may let go of one that nobody holds while its window is open.
let listInput = null;

function chooseFile(then) {
  listInput = Object.assign(document.createElement("input"), { type: "file", accept: ".csv,.tsv,.txt,.xlsx" });
  listInput.addEventListener("change", ({ target }) => { if (target.files.length) then(target.files[0]); });
  listInput.click();
}

async function sendFile(url, file) {
  const body = new FormData();
  body.append("file", file);
  await postForPanel(url, body);
}

async function keepTyped() {
  await postForPanel(listDialog().dataset.typed, new FormData());
  const panel = document.getElementById("list-panel");
  if (!panel) return;
  // They stand in the list now; twice would only be merged again.
  document.getElementById("f-recipients").value = "";
  check();
  document.getElementById("list-name").focus();
}

async function postForPanel(url, body) {
  const { reading, lost } = listDialog().dataset;
  showInstead(reading);
  openDialog(listDialog());
  body.append("draft", composer().elements.draft.value);
  let html;
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token() } });
    html = await answer.text();
    if (!html.includes("listpanel")) throw new Error(answer.statusText);
  } catch {
    showInstead(lost);
    return;
  }
  showPanel(html);
  const panel = document.getElementById("list-panel");
  if (panel && listField().value !== panel.dataset.list) useList(panel.dataset.list);
  else check();
}

async function openList(url, then) {
  showInstead("");
  openDialog(listDialog());
  try {
    const answer = await fetch(`${url}?draft=${composer().elements.draft.value}`);
    if (!answer.ok) throw new Error(answer.statusText);
    showPanel(await answer.text());
    document.getElementById(then)?.focus();
  } catch {
    showInstead(listDialog().dataset.lost);
  }
}

function showPanel(html) {
  const body = document.getElementById("list-body");
  body.removeAttribute("aria-busy");
  htmx.swap(body, html, { swapStyle: "innerHTML" });
}

function showInstead(words) {
  const line = Object.assign(document.createElement("p"), { className: "muted", textContent: words });
  line.setAttribute("role", "status");
  const body = document.getElementById("list-body");
  body.setAttribute("aria-busy", words !== "");
  body.replaceChildren(line);
}

// --- mending ----------------------------------------------------------------------------------------------------

// A refusal is an answer as well: the panel says what is wrong.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422 && event.detail.target?.closest?.("#list-dialog")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("list-changed", () => { if (composer()) check(); });

// After a row is mended the focus goes on to what is wrong next; in one that is still wrong it stays with the fault.
document.addEventListener("htmx:afterSettle", (event) => {
  const row = event.detail.elt?.closest?.(".mending tr");
  if (!row || event.detail.requestConfig?.verb !== "post") return;
  const own = row.querySelector("[aria-invalid]");
  const rows = [...document.querySelectorAll(".mending tbody tr")];
  const next = rows.slice(rows.indexOf(row) + 1).find((other) => other.querySelector("[aria-invalid], button"));
  (own ?? next?.querySelector("[aria-invalid], button") ?? document.getElementById("h-list")).focus();
});
