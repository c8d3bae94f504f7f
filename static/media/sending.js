// Files on their way to the storage: announced to the portal, posted where it says with a bar that moves, then
// inspected. Three at a time; what the line loses is tried again. All words come from the element with id send-words.
const sendFiles = (() => {
  const AT_ONCE = 3;
  const PAUSES = [800, 2500];

  // What did not get through; there is no use in trying a `final` one again.
  class Lost extends Error {
    constructor(why, final = false) {
      super(why);
      this.final = final;
    }
  }

  const sendWords = () => document.getElementById("send-words").dataset;
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // Out: what the portal answers as JSON. Throws Lost when it could not be asked, or may answer otherwise soon.
  async function ask(url, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    let answer;
    try {
      answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() } });
    } catch {
      throw new Lost(url);
    }
    if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) throw new Lost(`${answer.status}`);
    if (answer.status === 503) throw new Lost("503");
    return answer.json();
  }

  // fetch() tells nothing of what has left; XMLHttpRequest does.
  function post(url, fields, file, moved) {
    return new Promise((done, failed) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      body.append("file", file);
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) moved(event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        if (request.status < 300) done();
        else failed(new Lost(`${request.status}`, request.status < 500));
      });
      for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => failed(new Lost(end)));
      request.send(body);
    });
  }

  async function again(step) {
    for (const wait of [...PAUSES, null]) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof Lost) || error.final || wait === null) throw error;
        await pause(wait);
      }
    }
  }

  // Send one file. `moved` hears how much has left, 0 to 1; `more` goes with the last question. Out: {asset} or
  // {refused: {message, fix}}.
  async function sendFile(file, moved, more) {
    const started = await again(() => ask(sendWords().start, { name: file.name, size: file.size }));
    if (started.refused) return started;
    await again(() => post(started.url, started.fields, file, moved));
    moved(1);
    return again(() => ask(started.finish, more));
  }

  // Send files, some at once, each with a line and a bar in `place`. `arrived` gets {asset} in the order of the files.
  async function sendFiles(files, place, arrived, more = {}) {
    const lines = files.map((file) => sendLine(file));
    place.replaceChildren(...lines.map((line) => line.element));
    const results = [];
    let next = 0;
    let told = 0;
    const tell = () => {
      for (; told < files.length && results[told]; told += 1) if (results[told].asset) arrived(results[told]);
    };
    const worker = async () => {
      while (next < files.length) {
        const index = next;
        next += 1;
        results[index] = await sendOne(files[index], lines[index], more);
        tell();
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, worker));
    return results;
  }

  async function sendOne(file, line, more) {
    try {
      const result = await sendFile(file, line.moved, more);
      if (result.refused) line.refuse(`${file.name}: ${result.refused.message} ${result.refused.fix ?? ""}`);
      else line.element.remove();
      return result;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      line.refuse(sendWords().lost.replace("%s", file.name));
      return { lost: true };
    }
  }

  function sendLine(file) {
    const element = document.createElement("p");
    const words = document.createElement("span");
    const bar = document.createElement("progress");
    element.className = "note busy uploading";
    words.textContent = sendWords().sending.replace("%s", file.name);
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", words.textContent);
    element.append(words, bar);
    return {
      element,
      moved: (part) => {
        bar.value = Math.round(100 * part);
        if (part === 1) words.textContent = sendWords().inspecting.replace("%s", file.name);
      },
      refuse: (text) => {
        element.className = "note err uploading";
        element.setAttribute("role", "alert");
        element.replaceChildren(text);
      },
    };
  }

  return sendFiles;
})();
