// The review page: its timer submits the attempt when the time is over, as the quiz page does.

import { request } from "./api.js";
import { Timer } from "./timer.js";

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
  onStatus: (payload) => {
    if (payload.state === "finished" || payload.state === "graded") toReceipt();
  },
});
form.addEventListener("submit", () => timer.stop());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
