// Times that run out: [data-until] counts down in the words the page gives it (data-words, with %s for the seconds).
// Times of elsewhere: [data-here] says a moment on the reader's clock. And the composer's choice of a time zone.
(() => {
  const left = (element) => Math.ceil((new Date(element.dataset.until) - Date.now()) / 1000);

  function count() {
    for (const element of document.querySelectorAll("[data-until]")) {
      const seconds = left(element);
      element.textContent = element.dataset.words.replace("%s", Math.max(0, seconds));
      if (seconds > 0) continue;
      // Too late to call it back: the next answer of the server says what is possible then.
      document.getElementById("steer-undo")?.setAttribute("disabled", "");
    }
  }

  const HERE = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

  function translateTimes() {
    count();
    for (const element of document.querySelectorAll("time[data-here]")) {
      const said = new Intl.DateTimeFormat(document.documentElement.lang, HERE).format(new Date(element.dateTime));
      element.textContent = element.dataset.here.replace("%s", said);
    }
  }

  // The zone of whoever writes is proposed, and every zone the browser knows is offered.
  function offerZones() {
    const list = document.getElementById("zones");
    if (!list || list.children.length) return;
    const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
    list.append(...zones.map((zone) => Object.assign(document.createElement("option"), { value: zone })));
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "when-later") return;
    offerZones();
    const zone = document.getElementById("f-zone");
    zone.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
    document.getElementById("f-local").focus();
  });

  setInterval(count, 500);
  for (const name of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(name, translateTimes);
  document.addEventListener("DOMContentLoaded", () => {
    translateTimes();
    offerZones();
  });
})();
