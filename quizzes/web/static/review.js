// The review page: its timer submits the attempt when the time is over, as the quiz page does.

import { request } from "./api.js";
import { showNotices } from "./notices.js";
import { Timer } from "./timer.js";
import { Unsent } from "./unsent.js";

const form = document.getElementById("finish");
const path = `/attempts/${form.dataset.attempt}`;
const toReceipt = () => location.assign(`${path}/receipt`);

const timer = new Timer({
  address: () => `${path}/status`,
  announce: (text) => (document.getElementById("saved").textContent = text),
  timeIsUp: async () => {
    await request(`${path}/finish`, { timer: true });
    toReceipt();
  },
  onConnection: (connected) => (document.getElementById("saved").textContent = connected ? "" : "No connection"),
  onStatus: (payload) => {
    showNotices(payload.notices);
    if (payload.state === "finished" || payload.state === "graded") toReceipt();
  },
});
// What was typed and could not be saved does not count, and this page says so.
for (const pos of Object.keys(new Unsent(form.dataset.person, form.dataset.attempt).read())) {
  document.querySelector(`.review [data-pos="${pos}"]`)?.append(", what you entered last is not saved");
}
form.addEventListener("submit", () => timer.stop());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
