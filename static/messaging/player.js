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
  paintTime();
}

function pressed(on) {
  const button = document.querySelector("[data-play]");
  button.dataset.start ??= button.getAttribute("aria-label");
  button.setAttribute("aria-pressed", on);
  button.setAttribute("aria-label", on ? button.dataset.stop : button.dataset.start);
}

// The bars on top fill as time goes by; the clock says where the slide begins in the whole.
function paintTime(running = false) {
  const seconds = pages().map((page) => Number(page.dataset.seconds));
  const before = seconds.slice(0, shownPage).reduce((sum, one) => sum + one, 0);
  const total = seconds.reduce((sum, one) => sum + one, 0);
  document.getElementById("clock").textContent = `${minutes(before)} / ${minutes(total)}`;
  document.querySelectorAll("#preview .bars i").forEach((bar, index) => {
    bar.classList.toggle("past", index < shownPage);
    bar.classList.toggle("now", index === shownPage);
    bar.classList.toggle("running", running && index === shownPage);
  });
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function view(which) {
  stop();
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", button.dataset.view === which);
  document.getElementById("preview-card").dataset.shows = which;
}

function playFrom(index) {
  const page = pages()[index];
  if (!page) return stop();
  show(index);
  for (const medium of mediaOf(page)) {
    medium.currentTime = 0;
    medium.play().catch(() => {});
  }
  paintTime(true);
  timer = setTimeout(() => {
    for (const medium of mediaOf(page)) medium.pause();
    if (timer) playFrom(index + 1);
  }, Number(page.dataset.seconds) * 1000);
  return undefined;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !bubble()) return;
  if (button.dataset.view) view(button.dataset.view);
  else if ("plain" in button.dataset) plainer();
  else if (button.dataset.go) { stop(); show(Number(button.dataset.go)); }
  else if (button.dataset.step) { stop(); show(shownPage + Number(button.dataset.step)); }
  else if ("play" in button.dataset) {
    if (timer) stop();
    else { pressed(true); playFrom(shownPage === pages().length - 1 ? 0 : shownPage); }
  }
});

function plainer() {
  const box = document.getElementById("f-fallback");
  box.value = document.getElementById("plainer").value;
  box.focus();
  check();
}

// Who writes the fallback sees the fallback, who writes a slide sees the slides.
document.addEventListener("focusin", ({ target }) => {
  if (target.id === "f-fallback") view("sms");
  else if (target.closest?.(".slide") && document.getElementById("preview-card")?.dataset.shows === "sms") view("mms");
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
  if (!timer) paintTime();
  document.querySelectorAll("#preview .dots button").forEach((dot, index) => {
    if (index === at) dot.setAttribute("aria-current", "true");
    else dot.removeAttribute("aria-current");
  });
}, true);
document.addEventListener("htmx:afterSettle", () => { if (bubble() && !timer) paintTime(); });
document.addEventListener("DOMContentLoaded", () => { if (bubble()) paintTime(); });
