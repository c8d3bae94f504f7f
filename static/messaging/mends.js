// One click on a mend: the server carries it out on what is typed now, and the page changes where it has to. Whatever
// is typed while the answer is under way stays as typed.
let mending = "";
let mended = null;
const typedSince = new Set();

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-mend]");
  if (!button || !composer()) return;
  mending = button.dataset.mend;
  button.setAttribute("aria-busy", "true");
  composer().dataset.touched = "";
  check();
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target !== composer()) return;
  typedSince.clear();
  if (!mending) return;
  event.detail.path = composer().dataset.mend;
  event.detail.parameters.set("mend", mending);
});
document.addEventListener("htmx:beforeSend", (event) => { if (event.target === composer()) mending = ""; });
document.addEventListener("input", (event) => { if (event.target.id) typedSince.add(event.target.id); }, true);

// A slide that travels whole would take along what is typed into it: that is put back.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const slide = event.detail.target;
  if (!slide?.matches?.(".slide")) return;
  for (const id of typedSince) {
    const typed = slide.querySelector(`#${CSS.escape(id)}`);
    const fresh = event.detail.fragment?.querySelector(`#${CSS.escape(id)}`);
    if (typed && fresh) fresh.value = typed.value;
  }
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const redrawn = document.getElementById("redrawn");
  // The event comes once for each part that was swapped before.
  if (event.detail.target?.id !== "redrawn" || !redrawn.dataset.values) return;
  const { values, focus, said } = redrawn.dataset;
  delete redrawn.dataset.values;
  for (const [id, value] of Object.entries(JSON.parse(values))) {
    const field = document.getElementById(id);
    if (field && !typedSince.has(id)) put(field, value);
  }
  renumber();
  mended = { focus, said };
});

// The focus goes where the change is once every part stands in its place.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== composer()) return;
  for (const button of document.querySelectorAll("[data-mend][aria-busy]")) button.removeAttribute("aria-busy");
  if (!mended) return;
  const field = mended.focus && document.getElementById(mended.focus);
  say(mended.said);
  mended = null;
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});

function put(field, value) {
  if (field.type === "checkbox" || field.type === "radio") field.checked = value;
  else if (field.value !== value) {
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      field.add(new Option(field.dataset.unit ? `${value} ${field.dataset.unit}` : value, value));
    }
    field.value = value;
  }
}

// The list of senders says of each whether it would do.
function markSenders() {
  const marks = new Map([...document.querySelectorAll("#fits [data-sender]")].map((mark) => [mark.dataset.sender, mark.textContent]));
  for (const option of document.querySelectorAll("#f-sender option")) {
    option.dataset.label ??= option.textContent;
    const mark = marks.get(option.value);
    const text = mark ? `${option.dataset.label} (${mark})` : option.dataset.label;
    if (option.textContent !== text) option.textContent = text;
  }
}
// Why an account does not fit stays unfolded when the strip is drawn anew.
const unfolded = new Set();
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target?.id !== "fits") return;
  unfolded.clear();
  for (const way of document.querySelectorAll("#fits [data-way][open]")) unfolded.add(way.dataset.way);
});
function unfold() {
  for (const way of document.querySelectorAll("#fits [data-way]")) way.open = unfolded.has(way.dataset.way);
}
document.addEventListener("DOMContentLoaded", markSenders);
document.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target?.id === "fits") { markSenders(); unfold(); } });
