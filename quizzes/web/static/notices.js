// Messages of staff: those that came since the page was loaded are added to it, and the bar links to them.

/** Show the messages in a status that the page does not show yet. */
export function showNotices(notices) {
  const box = document.getElementById("notices");
  for (const { id, time, text } of notices ?? []) {
    if (box.querySelector(`[data-notice="${id}"]`)) continue;
    const note = Object.assign(document.createElement("div"), { className: "note careful" });
    note.dataset.notice = id;
    const words = document.createElement("p");
    words.append(
      Object.assign(document.createElement("strong"), { textContent: `Message from the course's staff, ${time}:` }),
      " ",
      Object.assign(document.createElement("span"), { className: "text", textContent: text }),
    );
    note.append(words);
    box.append(note);
    document.getElementById("new-notice").hidden = false;
  }
}
