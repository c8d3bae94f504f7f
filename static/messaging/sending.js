// Times that run out: [data-until] counts down in the words the page gives it (data-words, with %s for the seconds).
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

  setInterval(count, 500);
  document.addEventListener("DOMContentLoaded", count);
  document.addEventListener("htmx:afterSettle", count);
})();
