"use strict";
const form = document.getElementById("try");
const show = (id) => document.getElementById(id);
const MOST_SCORES = 8;

function fileOf(field) {
  return field.dropped || field.querySelector("input[type=file]").files[0];
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}

async function readRow() {
  const row = {};
  for (const field of form.querySelectorAll(".field[data-role]")) {
    const { role, kind } = field.dataset;
    if (kind === "image" || kind === "audio") {
      const file = fileOf(field);
      if (!file) throw new Error("Choose a file first.");
      row[role] = await base64(file);
      continue;
    }
    const value = field.querySelector("textarea, input").value;
    if (!value.trim()) throw new Error("There is nothing to read yet: fill in the form.");
    row[role] = kind === "number" ? Number(value) : kind === "messages" ? [{ role: "user", content: value }] : value;
  }
  return row;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawScores(scores) {
  const sorted = Object.entries(scores).sort((a, b) => b[1] - a[1]).slice(0, MOST_SCORES);
  show("scores").replaceChildren(...sorted.map(([name, score]) => {
    const line = element("li"), bar = element("div", "bar"), part = element("span");
    part.style.width = `${Math.max(0, Math.min(1, score)) * 100}%`;
    bar.append(part);
    line.append(element("span", "name", name), bar, element("span", "number", score.toFixed(3)));
    return line;
  }));
}

function drawMarks(text, parts) {
  const place = show("marked");
  place.replaceChildren();
  let at = 0;
  for (const part of parts) {
    place.append(text.slice(at, part.start));
    const mark = element("mark", part.className, text.slice(part.start, part.end));
    if (part.share !== undefined) mark.style.setProperty("--part", part.share.toFixed(2));
    if (part.label) mark.append(element("span", "type", part.label));
    place.append(mark);
    at = part.end;
  }
  place.append(text.slice(at));
  place.hidden = !parts.length;
}

function drawAnswer(row, found, milliseconds) {
  const texts = Object.values(row).filter((value) => typeof value === "string");
  const spans = Array.isArray(found.value) ? found.value : null;
  show("took").textContent = `${milliseconds.toFixed(0)} ms, confidence ${(100 * found.confidence).toFixed(1)}%`;
  show("value").textContent = spans ? `${spans.length} found` : String(found.value);
  drawMarks("", []);
  show("legend").hidden = true;
  const [role, words] = Object.entries(found.words || {}).find(([, list]) => list.length) || [];
  if (spans) {
    drawMarks(texts[0], spans.map((span) => ({ ...span, className: "for" })));
  } else if (words) {
    const largest = Math.max(...words.map((word) => Math.abs(word.worth)));
    const worth = words.filter((word) => Math.abs(word.worth) > Math.max(0.01, largest * 0.15));
    drawMarks(row[role], worth.map((word) => ({
      ...word, className: word.worth > 0 ? "for" : "against", share: 0.12 + 0.5 * Math.abs(word.worth) / largest,
    })));
    show("legend").hidden = !worth.length;
  }
  drawScores(spans ? {} : found.scores);
  show("answer").hidden = false;
}

function refuse(text) {
  show("refused").textContent = text;
  show("refused").hidden = !text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  refuse("");
  try {
    const row = await readRow();
    button.disabled = true;
    const headers = { "content-type": "application/json" };
    if (show("key").value) headers.authorization = `Bearer ${show("key").value}`;
    const began = performance.now();
    const path = show("why") && show("why").checked ? "explain" : "predict";
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(row) });
    const found = await response.json();
    if (response.status === 401) show("key-field").hidden = false;
    if (!response.ok) throw new Error([found.error.what, found.error.fix].filter(Boolean).join("\n"));
    drawAnswer(row, found, performance.now() - began);
  } catch (error) {
    show("answer").hidden = true;
    refuse(error.message);
  } finally {
    button.disabled = false;
  }
});

function preview(field, file) {
  const shown = field.querySelector(".preview");
  shown.src = URL.createObjectURL(file);
  shown.hidden = false;
}

for (const field of form.querySelectorAll(".field")) {
  const input = field.querySelector("input[type=file]");
  if (!input) continue;
  input.addEventListener("change", () => { field.dropped = null; if (input.files[0]) preview(field, input.files[0]); });
  field.addEventListener("dragover", (event) => { event.preventDefault(); field.classList.add("over"); });
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files; // so the field shows its name, as if it had been chosen there
    field.dropped = null;
    preview(field, file);
  });
  const record = field.querySelector(".record");
  if (record) record.addEventListener("click", () => recordSound(field, record));
}

async function recordSound(field, button) {
  if (field.recorder) { field.recorder.stop(); return; }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recorder = new MediaRecorder(stream), parts = [];
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      stream.getTracks().forEach((track) => track.stop());
      field.dropped = new File(parts, "recording", { type: recorder.mimeType });
      field.recorder = null;
      button.textContent = "Record";
      preview(field, field.dropped);
    });
    field.recorder = recorder;
    recorder.start();
    button.textContent = "Stop";
  } catch (error) {
    refuse(`The microphone cannot be used: ${error.message}`);
  }
}
