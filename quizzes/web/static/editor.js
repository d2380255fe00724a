// The editor of banks and quizzes: looks at the text a moment after the last key, and says what a key means.
// Without this script the page's buttons do the same.

const WAIT = 900; // milliseconds after the last key
const AGAIN = 3000; // after a server that was busy
const form = document.getElementById("editor");
const text = document.getElementById("text");
const look = document.getElementById("look");
const state = document.getElementById("look-state");
const meanwhile = document.getElementById("meanwhile");
const help = document.getElementById("key-help");
const token = document.querySelector('meta[name="form-token"]').content;
const meanings = new Map(
  [...document.querySelectorAll("dl.keys > div")].map((row) => [
    row.querySelector("dt").textContent,
    row.querySelector("dd").textContent,
  ]),
);
let timer = 0;
let running = null;
let looked = null;
let changed = false;

async function check() {
  if (text.value === looked) return;
  running?.abort();
  const mine = (running = new AbortController());
  const sent = text.value;
  state.textContent = "Looking…";
  try {
    const reply = await fetch(form.dataset.check, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Form-Token": token },
      body: JSON.stringify({ text: sent, seen: form.elements.seen.value }),
      signal: mine.signal,
    });
    const found = await reply.json();
    if (reply.status === 503) {
      later(AGAIN);
      return;
    }
    if (!reply.ok) {
      state.textContent = `${found.message} ${found.next_step}`;
      return;
    }
    looked = sent;
    look.innerHTML = found.html; // made by the server from its own templates
    const faults = found.faults.length;
    state.textContent = faults ? (faults === 1 ? "1 fault" : `${faults} faults`) : "No fault found";
    meanwhile.hidden = !found.meanwhile;
    meanwhile.firstElementChild.textContent = found.meanwhile;
  } catch (problem) {
    if (problem.name !== "AbortError") {
      state.textContent = "The server does not answer; your text is still here.";
      later(AGAIN);
    }
  }
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(check, wait);
}

function explain() {
  const before = text.value.slice(0, text.selectionStart);
  const line = text.value.slice(before.lastIndexOf("\n") + 1).split("\n", 1)[0];
  const key = line.match(/^[\s-]*\{?\s*([a-z_]+)\s*:/)?.[1];
  const meaning = key && meanings.get(key);
  const number = before.split("\n").length;
  help.textContent = meaning ? `Line ${number}, ${key}: ${meaning}` : `Line ${number}`;
}

text.addEventListener("input", () => {
  changed = true;
  later(WAIT);
});
for (const name of ["input", "click", "keyup"]) text.addEventListener(name, explain);
look.addEventListener("click", (event) => {
  const line = Number(event.target.dataset?.line);
  if (!line) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, part) => sum + part.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  text.scrollTop = Math.max(0, (text.scrollHeight / lines.length) * (line - 5));
  explain();
});
form.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
check();
