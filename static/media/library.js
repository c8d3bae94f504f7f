// Uploads of the library: choosing sends at once, dropping or pasting anywhere on the page does the same.
// Unfold would take every file input for one of its own, with a text field beside it.
const chooser = document.getElementById("upload-file");
if (chooser) chooser.hasChangeListener = true;

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("upload");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const result = document.getElementById("upload-result");
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

  const send = async (files) => {
    if (!files.length) return;
    await sendFiles([...files], result, ({ card }) => {
      const holder = document.createElement("ul");
      holder.innerHTML = card;
      const list = document.getElementById("assets");
      list.querySelector(".empty")?.remove();
      list.prepend(holder.firstElementChild);
      htmx.process(list.firstElementChild);
    });
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", async () => {
    const files = [...input.files];
    form.reset();
    await send(files);
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    send(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) send(event.clipboardData.files);
  });
});
