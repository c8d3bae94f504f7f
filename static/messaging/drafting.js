// The composer's form as plain data, read and put back; and undo and redo of what no text field undoes by itself:
// slides, media, values, and whatever a button changed. Texts only ever go back in as values, never as markup.
const KEY = /^[a-z0-9]{1,16}$/;
const PART = /^(image|audio|video|contact|calendar|pdf|passbook):(asset:[0-9a-f-]{36}(:[0-9a-f-]{36})?|(ours|caller):[^\0]{1,2048})$/;
const OF_SLIDES = /^(slide|text-.+|duration-.+|part-.+|value-name|value-text)$/;
const NOT_TYPED = new Set(["csrfmiddlewaretoken", "as", "template_name"]);
const MOST_STEPS = 100;
// How each medium seen on this page looks, by its value: a fitted or described one comes back as it was.
const looks = new Map();
const words = () => document.getElementById("drafting-words").dataset;

// --- reading ----------------------------------------------------------------------------------------------------

function readForm() {
  const fields = {};
  for (const field of composer().elements) {
    if (!field.name || field.type === "hidden" || OF_SLIDES.test(field.name) || NOT_TYPED.has(field.name)) continue;
    const ticked = field.type === "checkbox" || field.type === "radio";
    fields[ticked ? `${field.name}=${field.value}` : field.name] = ticked ? field.checked : field.value;
  }
  const values = [...document.querySelectorAll("#value-rows > *")].map((row) => [...row.querySelectorAll("input")].map((input) => input.value));
  return { fields, values, slides: slidesOf().map(readSlide) };
}

function readSlide(slide) {
  const { key } = slide.dataset;
  return {
    key,
    text: slide.querySelector(`#text-${key}`).value,
    duration: slide.querySelector(`#duration-${key}`).value,
    parts: [...slide.querySelectorAll(".mcard")].map((card) => {
      const { value } = card.querySelector(`input[name="part-${key}"]`);
      looks.set(value, { key, card: card.cloneNode(true) });
      const said = (name) => card.querySelector(`[data-${name}]`)?.textContent ?? "";
      const preview = card.querySelector("img")?.getAttribute("src") ?? "";
      return { kind: card.dataset.kind, value, name: said("name"), meta: said("meta"), size: said("size"), preview };
    }),
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const posted = ({ value }) => value;
// What the server is told of a form, as one text: how its media look on the page is no part of that.
const saying = ({ slides, ...rest }) => JSON.stringify({ ...rest, slides: slides.map((slide) => ({ ...slide, parts: slide.parts.map(posted) })) });

// --- putting back -----------------------------------------------------------------------------------------------

// Make the form say `wanted`. With `instead`, only where it still says that: what was typed since stays as typed.
function writeForm(wanted, instead = null) {
  const now = readForm();
  const replaces = (one, other) => !instead || same(one, other);
  for (const field of composer().elements) {
    const ticked = field.type === "checkbox" || field.type === "radio";
    const name = ticked ? `${field.name}=${field.value}` : field.name;
    if (!(name in now.fields) || !(name in wanted.fields) || !replaces(now.fields[name], instead?.fields[name])) continue;
    if (ticked) field.checked = Boolean(wanted.fields[name]);
    else if (field.value !== wanted.fields[name]) field.value = wanted.fields[name];
  }
  if (!same(now.values, wanted.values) && replaces(now.values, instead?.values)) writeValues(wanted.values);
  writeSlides(wanted.slides, instead?.slides ?? null);
  renumber();
  fillInserts();
}

function writeValues(values) {
  const rows = values.map(([name, text]) => {
    const row = document.getElementById("blank-value").content.cloneNode(true);
    const [nameField, textField] = row.querySelectorAll("input");
    nameField.value = name;
    textField.value = text;
    return row;
  });
  document.getElementById("value-rows").replaceChildren(...rows);
}

function writeSlides(wanted, instead) {
  const list = document.getElementById("slides");
  const known = new Map(slidesOf().map((slide) => [slide.dataset.key, slide]));
  const replaced = new Map((instead ?? []).map((slide) => [slide.key, slide]));
  const kept = new Set(wanted.map((slide) => slide.key));
  for (const [key, slide] of known) if (!kept.has(key) && (!instead || replaced.has(key))) slide.remove();
  const ordered = wanted.map((slide) => {
    const element = known.get(slide.key) ?? blankSlide(slide.key);
    fillSlide(element, slide, known.has(slide.key) ? replaced.get(slide.key) : null);
    return element;
  });
  ordered.forEach((element, index) => {
    const before = ordered[index - 1];
    if (before ? before.nextElementSibling !== element : list.firstElementChild !== element) {
      if (before) before.after(element);
      else list.prepend(element);
    }
  });
}

function blankSlide(key) {
  const holder = document.createElement("ol");
  holder.innerHTML = document.getElementById("blank-slide").innerHTML.replaceAll("__key__", KEY.test(key) ? key : newKey());
  return holder.firstElementChild;
}

function fillSlide(element, slide, instead = null) {
  const { key } = element.dataset;
  const now = element.isConnected ? readSlide(element) : null;
  for (const name of ["text", "duration"]) {
    const field = element.querySelector(`#${name}-${key}`);
    if (instead && field.value !== instead[name]) continue;
    if (name === "duration" && ![...field.options].some((option) => option.value === slide.duration)) {
      field.add(new Option(`${slide.duration} ${field.dataset.unit ?? ""}`.trim(), slide.duration));
    }
    if (field.value !== slide[name]) field.value = slide[name];
  }
  if (now && same(now.parts.map(posted), slide.parts.map(posted))) return;
  const cards = slide.parts.filter(({ value }) => PART.test(value)).map((part) => cardOf(part, key));
  element.querySelector(".media").replaceChildren(...cards);
}

function cardOf(part, key) {
  const seen = looks.get(part.value);
  const holder = document.createElement("ul");
  if (seen) holder.append(seen.card.cloneNode(true));
  else holder.innerHTML = document.getElementById(`blank-${part.value.split(":")[0]}`).innerHTML;
  const card = holder.firstElementChild;
  const input = card.querySelector('input[name^="part-"]');
  card.id = `part-${key}-${card.dataset.kind}`;
  input.name = `part-${key}`;
  input.value = part.value;
  if (seen) return card;
  for (const name of ["name", "meta", "size"]) card.querySelector(`[data-${name}]`).textContent = String(part[name] ?? "");
  const remove = card.querySelector("[data-drop]");
  remove.setAttribute("aria-label", `${remove.getAttribute("aria-label")} ${part.name ?? ""}`);
  const image = card.querySelector("img");
  if (image && /^\/[^/\\]/.test(part.preview)) image.setAttribute("src", part.preview);
  return card;
}

// --- undo and redo ----------------------------------------------------------------------------------------------

const done = [];
const undone = [];
let present = null;

// Something else than typing may have changed the form: if so, that is a step.
function step() {
  if (!present) return;
  const now = readForm();
  if (same(now, present)) return;
  done.push({ before: present, after: now });
  if (done.length > MOST_STEPS) done.shift();
  undone.length = 0;
  present = now;
  changedForm();
}

function changedForm() {
  document.querySelector("[data-undo]").setAttribute("aria-disabled", !done.length);
  document.querySelector("[data-redo]").setAttribute("aria-disabled", !undone.length);
  document.dispatchEvent(new Event("form-changed"));
}

function turnBack(from, to, name) {
  const turned = from.pop();
  if (!turned) return;
  to.push({ before: turned.after, after: turned.before });
  writeForm(turned.before, turned.after);
  present = readForm();
  changedForm();
  say(words()[name]);
  check();
}

const undo = () => turnBack(done, undone, "undone");
const redo = () => turnBack(undone, done, "redone");

const dragging = () => document.querySelector("#slides > .sortable-chosen, #slides > .sortable-ghost");
const writes = (element) => element.closest?.('textarea, select, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="button"])');

document.addEventListener("input", (event) => {
  if (!event.isTrusted || !present || !composer().contains(event.target)) return;
  present = readForm();
  document.dispatchEvent(new Event("form-changed"));
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-undo]")) undo();
  else if (event.target.closest("[data-redo]")) redo();
});
document.addEventListener("htmx:afterSettle", step);
document.addEventListener("DOMContentLoaded", () => {
  present = readForm();
  const watch = new MutationObserver(() => { if (!dragging()) step(); });
  for (const id of ["slides", "value-rows"]) watch.observe(document.getElementById(id), { childList: true, subtree: true });
  document.getElementById("slides").addEventListener("reordered", () => setTimeout(step));
});
