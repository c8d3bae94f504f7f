// The composer's hands: slides, values, and the one check that asks the server. Every rule is the server's.
const composer = () => document.getElementById("composer");
const slidesOf = () => [...document.querySelectorAll("#slides > .slide")];
const check = () => htmx.trigger(composer(), "check");
const say = (words) => { document.getElementById("moved").textContent = words; };
let wanted = "";

// --- slides -----------------------------------------------------------------------------------------------------

function newKey() {
  const taken = new Set(slidesOf().map((slide) => slide.dataset.key));
  let key;
  do key = Math.random().toString(36).slice(2, 10); while (!key || taken.has(key));
  return key;
}

function addSlide(after) {
  const key = newKey();
  const holder = document.createElement("ol");
  holder.innerHTML = document.getElementById("blank-slide").innerHTML.replaceAll("__key__", key);
  const slide = holder.firstElementChild;
  if (after) after.after(slide);
  else document.getElementById("slides").append(slide);
  fillInserts(slide);
  renumber();
  return slide;
}

function copySlide(slide) {
  const copy = addSlide(slide);
  const fields = ["text", "duration"];
  for (const field of fields) {
    copy.querySelector(`#${field}-${copy.dataset.key}`).value = slide.querySelector(`#${field}-${slide.dataset.key}`).value;
  }
  for (const part of slide.querySelectorAll(".mcard")) {
    const html = part.outerHTML.replaceAll(`part-${slide.dataset.key}`, `part-${copy.dataset.key}`);
    copy.querySelector(".media").insertAdjacentHTML("beforeend", html);
  }
  return copy;
}

function removeSlide(slide) {
  const next = slide.nextElementSibling ?? slide.previousElementSibling;
  slide.remove();
  renumber();
  (next?.querySelector("textarea") ?? document.querySelector("[data-add-slide]")).focus();
  check();
}

function moveSlide(button, slide) {
  const up = button.dataset.move === "-1";
  const other = up ? slide.previousElementSibling : slide.nextElementSibling;
  if (!other) return;
  if (up) other.before(slide);
  else other.after(slide);
  renumber();
  button.focus();
  const moved = document.getElementById("moved").dataset.moved;
  say(moved.replace("{place}", slidesOf().indexOf(slide) + 1).replace("{most}", slidesOf().length));
  composer().dispatchEvent(new Event("reordered"));
}

function renumber() {
  const slides = slidesOf();
  slides.forEach((slide, index) => {
    slide.querySelector("[data-n]").textContent = index + 1;
    slide.querySelector('[data-move="-1"]').setAttribute("aria-disabled", index === 0);
    slide.querySelector('[data-move="1"]').setAttribute("aria-disabled", index === slides.length - 1);
  });
}

// --- texts and values -------------------------------------------------------------------------------------------

function insertName(button) {
  const text = button.closest(".field").querySelector("textarea");
  text.setRangeText(`$(${button.dataset.insert})`, text.selectionStart, text.selectionEnd, "end");
  text.focus();
  check();
}

function fillInserts(within = document) {
  const source = document.getElementById("inserts");
  for (const slot of within.querySelectorAll("[data-inserts]")) {
    if (slot.innerHTML !== source.innerHTML) slot.innerHTML = source.innerHTML;
  }
}

function addValue(name) {
  const rows = document.getElementById("value-rows");
  const empty = [...rows.children].find((row) => [...row.querySelectorAll("input")].every((input) => !input.value));
  if (!empty) rows.append(document.getElementById("blank-value").content.cloneNode(true));
  const row = empty ?? rows.lastElementChild;
  const [nameField, textField] = row.querySelectorAll("input");
  nameField.value = name;
  (name ? textField : nameField).focus();
  check();
}

function tidyRecipients() {
  const box = document.getElementById("f-recipients");
  box.value = document.getElementById("tidied").value;
  box.focus();
  check();
}

// --- clicks -----------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !composer()) return;
  const slide = button.closest(".slide");
  const data = button.dataset;
  if (data.want) ask(button);
  else if ("addSlide" in data) { addSlide().querySelector("textarea").focus(); check(); }
  else if ("move" in data) moveSlide(button, slide);
  else if ("copy" in data) { copySlide(slide).querySelector("textarea").focus(); check(); }
  else if ("remove" in data) removeSlide(slide);
  else if ("drop" in data) { button.closest(".mcard").remove(); slide.querySelector("textarea").focus(); check(); }
  else if ("insert" in data) insertName(button);
  else if ("addValue" in data) addValue(data.addValue);
  else if ("removeValue" in data) { button.closest(".valuerow").remove(); document.querySelector('[data-add-value=""]').focus(); check(); }
  else if ("tidy" in data) tidyRecipients();
  else if ("overwrite" in data) { document.getElementById("version").value = data.overwrite; check(); }
});

function ask(button) {
  composer().dataset.touched = "";
  wanted = button.dataset.want;
  check();
}

// --- the check --------------------------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target !== composer()) return;
  const shown = [...document.querySelectorAll("[data-digest]")].map((part) => `${part.id}:${part.dataset.digest}`);
  event.detail.parameters.set("shown", shown.join(" "));
  if (wanted) event.detail.parameters.set("want", wanted);
  event.detail.headers["X-CSRFToken"] = composer().querySelector("[name=csrfmiddlewaretoken]").value;
});
document.addEventListener("htmx:beforeSend", (event) => { if (event.target === composer()) wanted = ""; });
document.addEventListener("htmx:afterSettle", afterCheck);
document.addEventListener("htmx:oobAfterSwap", afterCheck);
// A template is called what the message is called, until somebody says otherwise.
document.addEventListener("opened", ({ target }) => {
  const name = target.querySelector("[data-proposes]");
  if (!name || name.value) return;
  const sources = name.dataset.proposes.split(" ").map((id) => document.getElementById(id).value.trim());
  name.value = sources.find(Boolean) ?? "";
  name.select();
}, true);
document.addEventListener("template-saved", ({ detail }) => {
  const dialog = document.getElementById("template-dialog");
  dialog.close();
  dialog.querySelector("[data-proposes]").value = "";
  document.getElementById("template-answer").replaceChildren();
  const notice = document.getElementById("notice");
  notice.textContent = detail.value;
  notice.hidden = false;
});
document.addEventListener("confirm-ready", () => openDialog(document.getElementById("confirm")));

function afterCheck() {
  fillInserts();
  const marked = new Map();
  for (const item of document.querySelectorAll("#checks li[data-field]")) {
    if (!marked.has(item.dataset.field)) marked.set(item.dataset.field, []);
    marked.get(item.dataset.field).push(item);
  }
  for (const field of document.querySelectorAll("[data-checked]")) if (!marked.has(field.id)) mark(field, []);
  for (const [id, items] of marked) {
    const field = document.getElementById(id);
    if (field) mark(field, items);
  }
}

function mark(field, items) {
  field.dataset.own ??= field.getAttribute("aria-describedby") ?? "";
  const wrong = items.some((item) => item.classList.contains("err"));
  const seen = field.closest("[data-touched]") !== null || field.querySelector("[data-touched]") !== null;
  const describing = [field.dataset.own, ...items.map((item) => item.id)].filter(Boolean).join(" ");
  const attributes = { "aria-describedby": describing, "data-checked": items.length ? (wrong ? "err" : "warn") : "" };
  if (!seen) attributes["data-checked"] = items.length ? "later" : "";
  if (field.matches("input, textarea, select")) attributes["aria-invalid"] = wrong && seen ? "true" : "";
  for (const [name, value] of Object.entries(attributes)) {
    if (value) field.setAttribute(name, value);
    else field.removeAttribute(name);
  }
}

// What nobody has been at yet is listed in the checks, but not painted red.
document.addEventListener("focusout", (event) => {
  if (!event.target.matches("#composer :is(input, textarea, select)") || "touched" in event.target.dataset) return;
  event.target.dataset.touched = "";
  afterCheck();
});

// A link of the checks moves the caret, not only the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest('.checks a[href^="#"], .summary, .jump');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  goTo(field);
});

function goTo(field) {
  const folded = field.closest("details:not([open])");
  if (folded) folded.open = true;
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  if (event.target === composer()) event.preventDefault();
  const once = event.target.closest("form[data-once]");
  if (!once) return;
  if (once.dataset.sent) event.preventDefault();
  once.dataset.sent = "yes";
});

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("slides").addEventListener("reordered", renumber);
  if ("begun" in composer().dataset) composer().dataset.touched = "";
  renumber();
  afterCheck();
});
