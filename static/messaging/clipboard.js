// Slides from one draft to another: Ctrl+C on a slide, or its button; Ctrl+V beside the text fields, or the button
// below the slides. They travel as JSON on the clipboard, and in this browser's store for where that is closed.
const CLIPBOARD = "mms-slides";
const MOST_PASTED = 50;

const asText = (slide) => JSON.stringify({ [CLIPBOARD]: [{ ...readSlide(slide), key: "" }] });

function slidesIn(text) {
  try {
    const slides = JSON.parse(text)[CLIPBOARD];
    return slides.slice(0, MOST_PASTED).map(({ text: said, duration, parts }) => ({
      text: String(said ?? ""),
      duration: /^[0-9]{1,2}$/.test(duration) ? String(duration) : "5",
      parts: Array.isArray(parts) ? parts.filter((part) => PART.test(part?.value)) : [],
    }));
  } catch {
    return [];
  }
}

function pasteSlides(slides, after) {
  let last = after;
  for (const slide of slides) {
    const element = blankSlide(newKey());
    if (last) last.after(element);
    else document.getElementById("slides").append(element);
    fillSlide(element, slide);
    last = element;
  }
  renumber();
  fillInserts();
  last.querySelector("textarea").focus();
  say(words().pasted);
  check();
}

function remember(slide) {
  const text = asText(slide);
  try {
    localStorage.setItem(CLIPBOARD, text);
  } catch {
    // Full or closed: the clipboard itself still has it.
  }
  offerPaste();
  say(words().copied);
  return text;
}

function offerPaste() {
  const button = document.querySelector("[data-paste]");
  if (button) button.hidden = !slidesIn(localStorage.getItem(CLIPBOARD)).length;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && "clip" in button.dataset) {
    // Over plain http the clipboard is closed; the browser's store has the slide all the same.
    navigator.clipboard?.writeText(remember(button.closest(".slide"))).catch(() => {});
  } else if (button && "paste" in button.dataset) {
    pasteSlides(slidesIn(localStorage.getItem(CLIPBOARD)), slidesOf().at(-1));
  }
});
document.addEventListener("copy", (event) => {
  const slide = event.target.closest?.(".slide");
  if (!slide || writes(event.target) || String(getSelection())) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", remember(slide));
});
document.addEventListener("paste", (event) => {
  if (!composer() || document.querySelector("dialog[open]")) return;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const slides = slidesIn(text);
  const within = document.getElementById("slides").contains(event.target);
  if (!slides.length && within && text.trim() && !writes(event.target)) slides.push({ text, duration: "5", parts: [] });
  // Into a field of its own goes text; only a slide of ours becomes a slide wherever it is dropped.
  if (!slides.length) return;
  event.preventDefault();
  pasteSlides(slides, event.target.closest?.(".slide") ?? slidesOf().at(-1));
});
addEventListener("storage", offerPaste);
document.addEventListener("DOMContentLoaded", offerPaste);
