// Keys for what the page's buttons do. Which keys they are stands in the rows of the sheet, and nowhere else.
(() => {
  const sheet = () => document.getElementById("shortcuts");
  const KEPT = "mms-sheet-by-key";
  const slideAt = () => document.activeElement.closest(".slide");
  const press = (selector, within = document) => within?.querySelector(selector)?.click();

  const deeds = {
    send: () => press("#send"),
    "next-problem": () => toProblem(1),
    "previous-problem": () => toProblem(-1),
    "add-slide": () => press("[data-add-slide]"),
    duplicate: () => press("[data-copy]", slideAt()),
    "move-up": () => moved("-1"),
    "move-down": () => moved("1"),
    play: () => press("[data-play]"),
    undo: () => undo(),
    redo: () => redo(),
    sheet: () => openDialog(sheet()),
  };
  // A text field undoes its own typing, and writes a question mark.
  const beside = new Set(["undo", "redo", "sheet"]);

  // "Control+Shift+Enter"; letters by their place, since Alt makes others of them on a Mac.
  function named(event) {
    const held = [(event.ctrlKey || event.metaKey) && "Control", event.altKey && "Alt"];
    const sign = event.key === "?";
    const key = event.code.startsWith("Key") && event.altKey ? event.code.slice(3) : event.key;
    return [...held, event.shiftKey && !sign && "Shift", key.length === 1 ? key.toUpperCase() : key].filter(Boolean).join("+");
  }

  function moved(direction) {
    const at = document.activeElement;
    press(`[data-move="${direction}"]`, slideAt());
    // Whoever moves a slide while writing in it goes on writing.
    at.focus();
  }

  // The order of the page, not of the checks: where one is, and on from there.
  function toProblem(direction) {
    const ids = new Set([...document.querySelectorAll('.checks li a[href^="#"]')].map((link) => link.hash.slice(1)));
    const fields = [...composer().querySelectorAll("[id]")].filter((field) => ids.has(field.id));
    if (!fields.length) return say(sheet().dataset.none);
    const here = document.activeElement;
    const after = (field) => Boolean(here.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    const ahead = direction > 0 ? fields.filter((field) => field !== here && after(field)) : fields.filter((field) => field !== here && !after(field)).reverse();
    return goTo(ahead[0] ?? fields.at(direction > 0 ? 0 : -1));
  }

  document.addEventListener("keydown", (event) => {
    if (!event.key || event.repeat || event.isComposing || event.defaultPrevented || !sheet()) return;
    const row = [...sheet().querySelectorAll("[data-does]")].find((one) => one.dataset.keys === named(event));
    const deed = row && deeds[row.dataset.does];
    if (!deed) return;
    const open = document.querySelector("dialog[open]");
    if (open) {
      // Of all dialogs, the confirmation is the one that a key goes on from.
      if (row.dataset.does === "send" && open.id === "confirm") open.querySelector("form")?.requestSubmit();
      return;
    }
    if (beside.has(row.dataset.does) && writes(event.target)) return;
    if (row.dataset.does === "sheet" && !document.getElementById("sheet-by-key").checked) return;
    event.preventDefault();
    deed();
  });

  document.addEventListener("change", ({ target }) => {
    if (target.id !== "sheet-by-key") return;
    try {
      localStorage.setItem(KEPT, target.checked ? "" : "off");
    } catch {
      // The browser's store is closed to us: the choice lasts as long as the page.
    }
  });
  document.addEventListener("DOMContentLoaded", () => { document.getElementById("sheet-by-key").checked = localStorage.getItem(KEPT) !== "off"; });
})();
