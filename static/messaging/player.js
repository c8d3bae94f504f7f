// The handset: swipe, step, play at the slides' own pace, and stay on the slide being written.
const bubble = () => document.querySelector("#preview .bubble");
const pages = () => [...bubble().children];
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let shownPage = 0;
let timer = null;

function show(index, behavior = calm() ? "instant" : "smooth") {
  const count = pages().length;
  if (!count) return;
  shownPage = (index + count) % count;
  bubble().scrollTo({ left: shownPage * bubble().clientWidth, behavior });
}

function mediaOf(page) {
  return [...page.querySelectorAll("video, audio")];
}

function stop() {
  clearTimeout(timer);
  timer = null;
  for (const page of pages()) for (const medium of mediaOf(page)) medium.pause();
  pressed(false);
}

function pressed(on) {
  const button = document.querySelector("[data-play]");
  button.setAttribute("aria-pressed", on);
  button.setAttribute("aria-label", on ? "Stop playing" : "Play slides");
}

function playFrom(index) {
  const page = pages()[index];
  if (!page) return stop();
  show(index);
  for (const medium of mediaOf(page)) {
    medium.currentTime = 0;
    medium.play().catch(() => {});
  }
  timer = setTimeout(() => {
    for (const medium of mediaOf(page)) medium.pause();
    if (timer) playFrom(index + 1);
  }, Number(page.dataset.seconds) * 1000);
  return undefined;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !bubble()) return;
  if (button.dataset.go) { stop(); show(Number(button.dataset.go)); }
  else if (button.dataset.step) { stop(); show(shownPage + Number(button.dataset.step)); }
  else if ("play" in button.dataset) {
    if (timer) stop();
    else { pressed(true); playFrom(shownPage === pages().length - 1 ? 0 : shownPage); }
  }
});
document.addEventListener("focusin", (event) => {
  const slide = event.target.closest?.(".slide");
  const index = slide ? slidesOf().indexOf(slide) : -1;
  if (index >= 0 && index !== shownPage && !timer) show(index);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "preview" || event.target?.id === "preview") {
    stop();
    show(Math.min(shownPage, pages().length - 1), "instant");
  }
});
document.addEventListener("scroll", (event) => {
  if (event.target !== bubble()) return;
  const at = Math.round(bubble().scrollLeft / bubble().clientWidth);
  shownPage = at;
  document.querySelectorAll("#preview .dots button").forEach((dot, index) => {
    if (index === at) dot.setAttribute("aria-current", "true");
    else dot.removeAttribute("aria-current");
  });
}, true);
