// Media of a slide: chosen, dropped, pasted, or picked from the library. The server says what a file is.
const KINDS_OF_SOURCE = "[data-upload-kind]";
let target = null;

function partFrom(asset, key) {
  const holder = document.createElement("ul");
  holder.innerHTML = document.getElementById(`blank-${asset.kind}`).innerHTML.replaceAll("__key__", key);
  const part = holder.firstElementChild;
  part.querySelector("input").value = `${asset.kind}:asset:${asset.id}`;
  part.querySelector("[data-name]").textContent = asset.name;
  part.querySelector("[data-meta]").textContent = asset.meta;
  part.querySelector("[data-size]").textContent = asset.sizeText;
  const drop = part.querySelector("[data-drop]");
  drop.setAttribute("aria-label", drop.dataset.named.replace("%s", () => asset.name));
  const image = part.querySelector("img");
  if (image && asset.preview) image.src = asset.preview;
  return part;
}

// A slide holds one object of each kind: a second one starts a slide of its own.
function place(asset, slide) {
  const full = slide.querySelector(`.mcard[data-kind="${asset.kind}"]`);
  const home = full ? addSlide(slide) : slide;
  home.querySelector(".media").append(partFrom(asset, home.dataset.key));
  const added = document.getElementById("moved").dataset.added;
  say(added.replace("{number}", slidesOf().indexOf(home) + 1).replace("{name}", () => asset.name));
  return home;
}

function describe(asset) {
  const facts = asset.width ? [`${asset.width} x ${asset.height}`] : [];
  if (asset.seconds) facts.push(`${Math.round(asset.seconds)} s`);
  facts.push(asset.type.split("/")[1].toUpperCase());
  return { ...asset, meta: facts.join(", "), sizeText: sizeText(asset.size) };
}

function sizeText(size) {
  const { kb, mb } = document.getElementById("send-words").dataset;
  const [unit, number] = size >= 1e6 ? [mb, Math.round(size / 1e5) / 10] : [kb, Math.max(1, Math.round(size / 1000))];
  return `${number.toLocaleString(document.documentElement.lang)} ${unit}`;
}

async function upload(slide, files) {
  let home = slide;
  const arrived = ({ asset }) => {
    home = place(describe(asset), home);
    check();
  };
  await sendFiles([...files], slide.querySelector(".refusals"), arrived);
}

document.addEventListener("click", (event) => {
  const chooser = event.target.closest(KINDS_OF_SOURCE);
  if (chooser) {
    choose(chooser.closest(".slide"), chooser.dataset.uploadKind);
  } else if (event.target.closest("[data-library]")) {
    target = event.target.closest(".slide");
    openDialog(document.getElementById("library"));
  }
  const picked = event.target.closest("#library-files [data-asset-id]");
  if (picked && target) {
    const { assetId: id, kind, name, size, preview, summary } = picked.dataset;
    const home = place({ id, kind, name, preview, meta: (summary ?? "").split(" · ").slice(0, -1).join(", "), sizeText: sizeText(Number(size)) }, target);
    document.getElementById("library").close();
    home.querySelector("textarea").focus();
    check();
  }
});

// The input never enters the page: Unfold would take every file input there for one of its own.
function choose(slide, accept) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept, multiple: true });
  input.addEventListener("change", () => { if (input.files.length) upload(slide, [...input.files]); });
  input.click();
}

const filesOver = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!filesOver(event) || !composer()) return;
  event.preventDefault();
  const over = event.target.closest?.(".slide");
  for (const slide of slidesOf()) slide.classList.toggle("over", slide === over);
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) for (const slide of slidesOf()) slide.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!filesOver(event) || !composer()) return;
  event.preventDefault();
  for (const slide of slidesOf()) slide.classList.remove("over");
  const slide = event.target.closest?.(".slide");
  if (slide) upload(slide, [...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const slide = event.target.closest?.(".slide");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!slide || !files.length) return;
  event.preventDefault();
  upload(slide, files);
});
