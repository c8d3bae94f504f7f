// Times in the reader's own zone, and live pages: news is asked for while the page is looked at, at the pace the
// server names (X-Ask-Again, in seconds), until the server says stop.
(() => {
  const LONGEST_PAUSE = 60;
  const FORMATS = {
    time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
    clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    dated: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  };
  let timer, misses = 0, missed = false, spoken = "";
  const live = () => document.getElementById("live");

  // A bare time is today's.
  const named = (format, when) =>
    format === "time" && when.toDateString() !== new Date().toDateString() ? "dated" : format;

  function localise(root) {
    // "29 Nov 17:51", as the pages write dates themselves.
    const { lang } = document.documentElement, language = lang === "en" ? "en-GB" : lang;
    for (const element of root.querySelectorAll("time[data-local]")) {
      const when = new Date(element.dateTime);
      if (Number.isNaN(when.valueOf())) continue;
      const format = new Intl.DateTimeFormat(language, FORMATS[named(element.dataset.local, when)]);
      element.textContent = format.format(when).replace(",", "");
    }
  }

  function plan(seconds) {
    clearTimeout(timer);
    if (seconds > 0) timer = setTimeout(ask, seconds * 1000);
  }

  function ask() {
    const element = live();
    if (!element) return;
    if (document.hidden) { missed = true; return; }
    const address = new URL(element.dataset.live, location.href);
    address.searchParams.set("seen", element.dataset.seen);
    htmx.ajax("GET", address.pathname + address.search, { target: element, swap: "outerHTML" });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !missed) return;
    missed = false;
    ask();
  });

  // An answer without a page part (network down, server restarting) is asked for again, ever more slowly.
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.pathInfo?.requestPath.includes("/live/")) return;
    const { status } = detail.xhr;
    if (status >= 200 && status < 300) {
      misses = 0;
      plan(status === 286 ? 0 : Number(detail.xhr.getResponseHeader("X-Ask-Again")));
    } else if (status === 0 || status >= 500) {
      misses += 1;
      plan(Math.min(LONGEST_PAUSE, 2 ** misses));
    }
  });

  let open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("details[open][id]")].map((element) => element.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    localise(document);
    const said = document.getElementById("said"), says = live()?.dataset.says;
    if (said && says && says !== spoken) said.textContent = spoken = says;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });

  document.addEventListener("change", (event) => {
    const select = event.target.closest("select[data-shows]");
    const element = live();
    if (!select || !element) return;
    const address = new URL(element.dataset.live, location.href);
    address.searchParams.set(select.name, select.value);
    element.dataset.live = address.pathname + address.search;
    const page = new URL(location.href);
    page.searchParams.set(select.name, select.value);
    history.replaceState(history.state, "", page);
    ask();
  });

  document.addEventListener("DOMContentLoaded", () => {
    localise(document);
    spoken = live()?.dataset.says ?? "";
    plan(Number(live()?.dataset.pause));
  });
})();
