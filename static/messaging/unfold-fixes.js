// htmx keeps within the content security policy: no inline style sheet, no evaluated attributes.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
// A conflict, a refused form or an ended session is answered with words: they are shown, not dropped.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "401|409|422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

// In a low window the menu scrolls: the page one is on shows in it. (scrollIntoView would take the next Tab there.)
addEventListener("load", () => {
  const link = document.querySelector("#nav-sidebar-apps a.active");
  const box = link?.closest(".simplebar-content-wrapper");
  if (box) box.scrollTop += link.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
});

// Landmarks, names and keyboard access that Unfold 0.91 leaves out.
document.addEventListener("DOMContentLoaded", () => {
  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element?.setAttribute(name, value);
  };
  set(document.getElementById("content"), { role: "main" });
  set(document.getElementById("header-inner")?.parentElement.parentElement, { role: "banner" });
  const words = document.querySelector("[data-menu]")?.dataset;
  if (words) set(document.getElementById("nav-sidebar-inner"), { "aria-label": words.main });
  for (const element of document.querySelectorAll("span[x-on\\:click], div.cursor-pointer[x-on\\:click]")) {
    set(element, { role: "button", tabindex: "0" });
    if (words && !element.title && /sidebar/.test(element.getAttribute("x-on:click"))) {
      set(element, { "aria-label": words.menu });
    }
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      element.click();
      if (/sidebarMobileOpen/.test(element.getAttribute("x-on:click"))) follow(element);
    });
  }
  // The menu of a phone stands before its button on the page: the focus goes into it, and back when it closes.
  const bar = document.getElementById("nav-sidebar-inner");
  const opener = [...document.querySelectorAll("#header-inner [x-on\\:click*=sidebarMobileOpen]")].at(-1);
  const follow = () => requestAnimationFrame(() => (bar?.checkVisibility() ? bar.querySelector("a") : opener)?.focus());
  bar?.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opener?.checkVisibility()) { opener.click(); follow(); }
  });
});
