// Uploads of the library: choosing sends at once, dropping anywhere on the page does the same, a bar shows how far.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("upload");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const bar = document.getElementById("upload-progress");

  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const send = () => {
    if (input.files.length) form.requestSubmit();
  };

  input.addEventListener("change", send);
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
    input.files = event.dataTransfer.files;
    send();
  });

  form.addEventListener("htmx:beforeRequest", () => {
    bar.hidden = false;
    bar.value = 0;
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    bar.hidden = true;
    form.reset();
    const status = event.detail.xhr?.status ?? 0;
    if (status === 201 || status === 422) return;
    const words = document.createElement("p");
    words.textContent =
      status === 403
        ? "You may not upload files, or you were signed out. Reload the page."
        : "The upload did not arrive. Check the connection and try again.";
    const list = document.createElement("ul");
    list.className = "faults";
    const item = document.createElement("li");
    item.append(words);
    list.append(item);
    document.getElementById("upload-result").replaceChildren(list);
  });
});
