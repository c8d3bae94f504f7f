// The focus is never lost: whoever is in a part that is drawn anew stays at the same control, or at the part; and a
// dialog gives the focus back to the place it was opened from, even where that was drawn anew meanwhile.
(() => {
  const CONTROL = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  // Right after a dialog closed the focus is still said to be in it, until the page is drawn the next time.
  const lost = () => document.activeElement === document.body || Boolean(document.activeElement.closest("dialog:not([open])"));
  let held = null;
  let place = "";

  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const at = document.activeElement;
    // A field is found again by htmx, with its caret.
    if (lost() || !detail.target?.contains(at) || at.matches("input[id], textarea[id], select[id]")) return;
    held = { part: detail.target.id, tag: at.tagName, words: at.textContent };
  });

  document.addEventListener("htmx:oobAfterSwap", () => {
    const part = held && document.getElementById(held.part);
    if (!part || !lost()) return;
    const same = [...part.querySelectorAll(held.tag)].find((other) => other.textContent === held.words);
    held = null;
    (same ?? (part.matches("[tabindex]") ? part : part.querySelector(CONTROL)))?.focus({ preventScroll: true });
  });

  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest("dialog")) place = target.closest("[id][tabindex]")?.id ?? "";
  });
  document.addEventListener("close", () => {
    if (lost() && place) document.getElementById(place)?.focus();
  }, true);
})();
