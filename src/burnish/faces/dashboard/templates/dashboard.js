"use strict";

// A part of the page that renews itself. The server says where to go when there is nothing more to wait for.
async function renew(part) {
  const seconds = Number(part.dataset.seconds || 1);
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000 * seconds));
    if (document.hidden) continue;
    try {
      const answer = await fetch(part.dataset.renew, { headers: { accept: "text/html" } });
      if (answer.redirected || answer.status === 401) return location.reload();
      const then = answer.headers.get("x-burnish-then");
      if (then) return location.assign(then);
      if (answer.ok) replace(part, await answer.text());
    } catch {
      continue; // the dashboard may be away for a while
    }
  }
}

function replace(part, html) {
  if (part.contains(document.activeElement) || part.dataset.shown === html) return;
  part.dataset.shown = html;
  part.innerHTML = html;
  const stage = part.querySelector("[aria-current=step] b"), status = document.getElementById("status");
  const told = stage ? stage.textContent : "";
  if (status && status.textContent !== told) status.textContent = told; // read aloud when it changes, not each second
}

document.querySelectorAll("[data-renew]").forEach(renew);

// The form that sends a file: its bytes are the body, all else stands in the address.
const form = document.getElementById("upload");

function refuse(told) {
  const place = document.getElementById("refused");
  place.textContent = told;
  place.hidden = !told;
}

function columnsOf(name, text) {
  const line = text.split(/\r?\n/, 1)[0];
  if (/\.(jsonl|ndjson)$/i.test(name)) return Object.keys(JSON.parse(line));
  if (!/\.(csv|tsv)$/i.test(name)) return [];
  const mark = ["\t", ";", ","].find((each) => line.includes(each)) || ",";
  return line.split(mark).map((column) => column.trim().replace(/^"|"$/g, ""));
}

async function offerColumns(file) {
  const offered = document.getElementById("columns");
  offered.replaceChildren();
  try {
    for (const column of columnsOf(file.name, await file.slice(0, 65536).text())) {
      const option = document.createElement("option");
      option.value = column;
      offered.append(option);
    }
  } catch {
    offered.replaceChildren();
  }
}

function send(file) {
  const fields = new URLSearchParams({ file: file.name });
  for (const name of ["label", "text", "task", "model", "method", "name"]) fields.set(name, form.elements[name].value);
  const request = new XMLHttpRequest(), sent = document.getElementById("sent"), button = form.querySelector("button");
  const end = (told) => { refuse(told); sent.hidden = true; button.disabled = false; };
  request.open("POST", `/runs?${fields}`);
  request.setRequestHeader("x-burnish-token", form.dataset.token);
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) sent.value = event.loaded / event.total; });
  request.addEventListener("load", () => {
    let told = {};
    try { told = JSON.parse(request.responseText); } catch { told = {}; }
    if (told.then) return location.assign(told.then);
    end(told.error ? [told.error.what, told.error.fix].filter(Boolean).join(". ") : "The dashboard has not understood this.");
  });
  request.addEventListener("error", () => end("The dashboard cannot be reached."));
  refuse("");
  sent.hidden = false;
  button.disabled = true;
  request.send(file);
}

if (form) {
  const chosen = form.elements.file;
  chosen.addEventListener("change", () => { if (chosen.files[0]) offerColumns(chosen.files[0]); });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(chosen.files[0]); });
}
