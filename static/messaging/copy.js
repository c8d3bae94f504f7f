// [data-copy="id"] copies a field. Where the clipboard is closed to us (plain http), the text is left selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const name = field.labels[0].textContent;
  field.select();
  let words = `Copied: ${name}`;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    if (!document.execCommand("copy")) words = `Selected, press Ctrl+C to copy: ${name}`;
  }
  document.getElementById("copied").textContent = words;
});
