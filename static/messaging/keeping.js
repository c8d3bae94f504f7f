// What is typed is kept in this browser until the server has it: a reload, a crash or a lost connection costs nothing
// that stood here for half a second. Each open page keeps its own copy; one whose page is gone is taken up again.
const KEPT_PREFIX = "mms-draft:";
const KEPT_FOR = 7 * 24 * 3600 * 1000;
const draftId = () => composer().elements.draft.value;
const keptName = `${KEPT_PREFIX}${draftId()}:${newKey()}`;
let keepTimer = null;
let retryTimer = null;
let failures = 0;
let sent = "";

function keep() {
  clearTimeout(keepTimer);
  keepTimer = null;
  const copy = { form: readForm(), version: document.getElementById("version").value, sent, at: Date.now() };
  try {
    localStorage.setItem(keptName, JSON.stringify(copy));
  } catch {
    // The browser's store is full or closed to us: the server's copy has to do.
  }
}

function forget() {
  clearTimeout(keepTimer);
  keepTimer = null;
  localStorage.removeItem(keptName);
}

document.addEventListener("form-changed", () => { keepTimer ??= setTimeout(keep, 400); });
addEventListener("pagehide", () => { if (keepTimer) keep(); });
// Thrown away on purpose, or set aside in the history, is not to come back.
document.addEventListener("submit", (event) => { if (event.target.closest("#discard")) forget(); });
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.elt.matches("[data-take-theirs]") && detail.xhr.status === 204) forget(); });

// --- the server has it, or not ----------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => { if (event.target === composer()) sent = saying(readForm()); });
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== composer()) return;
  const { status } = event.detail.xhr;
  if (status === 0 || status >= 500) return later();
  clearTimeout(retryTimer);
  failures = 0;
  if (status === 200 && sent === saying(readForm())) forget();
  else keep();
});

function later() {
  keep();
  unsaved();
  clearTimeout(retryTimer);
  retryTimer = setTimeout(check, Math.min(30_000, 1000 * 2 ** failures));
  failures += 1;
}

function unsaved() {
  const saved = document.getElementById("saved");
  const line = document.createElement("span");
  line.textContent = navigator.onLine ? words().unsaved : words().offline;
  saved.dataset.digest = "";
  saved.replaceChildren(Object.assign(document.createElement("span"), { className: "dot err" }), line);
}

addEventListener("offline", () => { keep(); unsaved(); });
addEventListener("online", () => { failures = 0; check(); });

// --- taking up what a page that is gone has left -----------------------------------------------------------------

async function living() {
  const held = await navigator.locks?.query();
  return new Set((held?.held ?? []).map((lock) => lock.name));
}

function left(alive) {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(KEPT_PREFIX) && name !== keptName && !alive.has(name));
  const copies = names.flatMap((name) => {
    const copy = readCopy(name);
    if (!copy || Date.now() - copy.at > KEPT_FOR) localStorage.removeItem(name);
    return copy ? [{ ...copy, name }] : [];
  });
  return copies.filter(({ name }) => name.startsWith(`${KEPT_PREFIX}${draftId()}:`)).sort((one, other) => other.at - one.at);
}

function readCopy(name) {
  try {
    const copy = JSON.parse(localStorage.getItem(name));
    return Array.isArray(copy.form.slides) && Array.isArray(copy.form.values) && copy.form.fields ? copy : null;
  } catch {
    return null;
  }
}

function takeUp(copy) {
  const asLoaded = saying(readForm());
  const mine = saying(copy.form);
  localStorage.removeItem(copy.name);
  // The server has it all, or had it when nothing more was typed here.
  if (mine === asLoaded) return false;
  const version = document.getElementById("version");
  // Saved elsewhere since: the same question is asked as when two tabs write.
  if (copy.sent !== asLoaded) version.value = copy.version;
  writeForm(copy.form);
  const notice = document.getElementById("notice");
  notice.textContent = words().restored;
  notice.hidden = false;
  step();
  keep();
  check();
  return true;
}

document.addEventListener("DOMContentLoaded", async () => {
  navigator.locks?.request(keptName, () => new Promise(() => {}));
  for (const wait of [0, 400]) {
    // A page that is just being left may still hold its copy for a moment.
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    if (left(await living()).some(takeUp)) return;
  }
});
