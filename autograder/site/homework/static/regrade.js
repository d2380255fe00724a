// The page of a regrade: its progress without a reload while it runs.
"use strict";
const note = document.querySelector("#progress");

async function look() {
  if (document.hidden) return;
  const reply = await fetch(note.dataset.address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!reply || !reply.ok) return;
  const now = await reply.json();
  if (now.state !== note.dataset.state) return location.reload();
  if (now.state !== "running") return;
  note.querySelector("progress").value = now.graded;
  note.querySelector("p").textContent = `${now.graded} of ${now.submissions} submissions graded.`;
}

if (note) setInterval(look, 2000);
