// Marking by hand: the points as items are chosen, saved comments, and keys, which can be switched off.
"use strict";
const form = document.querySelector("#mark");
const number = (text) => {
  const read = Number(text.trim().replace(",", ".").replace("\u2212", "-"));
  return Number.isFinite(read) ? read : NaN;
};

function preview() {
  const most = Number(form.dataset.most);
  const typed = form.elements.points.value;
  const items = [...form.querySelectorAll("[data-points]:checked")];
  const start = form.dataset.fromFull ? most : 0;
  const sum = items.reduce((total, item) => total + Number(item.dataset.points), start + (number(form.elements.adjust.value) || 0));
  const points = typed.trim() ? number(typed) : Math.min(Math.max(sum, 0), most);
  form.querySelector("#preview").textContent = Number.isNaN(points) ? "–" : String(Math.round(points * 1e4) / 1e4);
}

function key(event) {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const follow = (id) => document.getElementById(id)?.click();
  if (event.key >= "1" && event.key <= "9") {
    const item = form.querySelectorAll("input[name=item]")[Number(event.key) - 1];
    if (!item) return;
    item.checked = !item.checked;
    preview();
  } else if (event.key === "s") follow("save");
  else if (event.key === "n") follow("after");
  else if (event.key === "p") follow("before");
  else if (event.key === "z") follow("undo");
  else return;
  event.preventDefault();
}

if (form) {
  form.addEventListener("input", preview);
  for (const button of form.querySelectorAll("[data-comment]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const comment = form.elements.comment;
      comment.value = [comment.value.trim(), button.dataset.comment].filter(Boolean).join(" ");
      comment.focus();
    });
  }
  if (form.dataset.keys) document.addEventListener("keydown", key);
}
