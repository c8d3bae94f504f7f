// What is typed is kept in this browser for whoever typed it (keeping.js, clipboard.js): it goes when that person signs
// out, and when somebody else uses the browser. An ended session is neither: that work is taken up after signing in.
{
  const KEPT = /^mms-(draft:|slides$)/;
  const KEPT_BY = "mms-kept-by";
  const reader = document.querySelector('meta[name="mms-reader"]')?.content ?? "";
  try {
    const by = localStorage.getItem(KEPT_BY);
    if (by !== null && by !== reader) {
      for (const name of Object.keys(localStorage)) if (KEPT.test(name)) localStorage.removeItem(name);
    }
    if (reader) localStorage.setItem(KEPT_BY, reader);
  } catch {
    // The browser's store is closed to us: then nothing was kept either.
  }
}
