// Before and after: a slider over two pictures, and the copies put in the place of their originals.
document.addEventListener("input", (event) => {
  const slider = event.target.closest("[data-slider]");
  if (slider) slider.style.setProperty("--at", `${event.target.value}%`);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-copies]");
  if (!button) return;
  const slides = slidesOf();
  for (const row of document.querySelectorAll("#fitting-body [data-value]")) {
    const card = slides[row.dataset.slide]?.querySelector(`.mcard[data-kind="${row.dataset.kind}"]`);
    const input = card?.querySelector("input");
    // What was moved or replaced meanwhile is left alone.
    if (!input || !row.dataset.value.startsWith(input.value.split(":").slice(0, 3).join(":"))) continue;
    input.value = row.dataset.value;
    for (const name of ["meta", "size"]) card.querySelector(`[data-${name}]`).textContent = row.dataset[name];
  }
  button.closest("dialog").close();
  say(button.dataset.said);
  check();
});
