// The upload form: a notebook can be dropped on it, and the page says that it is being sent.

const form = document.getElementById("upload");
const field = form.querySelector("input[type=file]");
const state = document.getElementById("upload-state");

for (const kind of ["dragover", "drop"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    if (kind === "drop" && event.dataTransfer.files.length) {
      field.files = event.dataTransfer.files;
      state.textContent = `${field.files[0].name} is chosen. Press Submit to send it.`;
    }
  });
}
form.addEventListener("submit", (event) => {
  if (form.dataset.sending) return event.preventDefault(); // a second press sends nothing again
  form.dataset.sending = "yes";
  state.textContent = "Sending… The next page is the receipt.";
  return undefined;
});
window.addEventListener("pageshow", () => delete form.dataset.sending);
