// Each check says which page asks and for how many times it has: the server knows a page again whose answer was lost,
// and an answer that others have overtaken is dropped.
const pageName = newKey();
let asked = 0;
let answered = 0;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target !== composer()) return;
  asked += 1;
  event.detail.parameters.set("page", pageName);
  event.detail.parameters.set("asked", asked);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.elt !== composer()) return;
  const turn = Number(event.detail.requestConfig.parameters.asked ?? event.detail.requestConfig.parameters.get?.("asked"));
  if (turn < answered) event.detail.shouldSwap = false;
  else answered = turn;
});
