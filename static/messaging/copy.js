// [data-copy="id"] copies a field. Where the clipboard is closed to us (plain http), the text is left selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const name = field.labels[0].textContent;
  field.select();
  const answer = document.getElementById("copied");
  let words = answer.dataset.copied;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    if (!document.execCommand("copy")) words = answer.dataset.selected;
  }
  answer.textContent = words.replace("%s", () => name);
});
