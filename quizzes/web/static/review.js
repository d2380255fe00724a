// The page before handing in: the clock goes on, and ends the attempt as the quiz's own page would.

import { ask } from "./api.js";
import { Clock } from "./clock.js";

const form = document.getElementById("finish");
const path = `/attempts/${form.dataset.attempt}`;
const toReceipt = () => location.assign(`${path}/receipt`);

const clock = new Clock({
  address: () => `${path}/status`,
  announce: (text) => (document.getElementById("saved").textContent = text),
  over: async () => {
    await ask(`${path}/finish`, { timer: true });
    toReceipt();
  },
  heard: (said) => {
    if (said.state === "finished" || said.state === "graded") toReceipt();
  },
});
form.addEventListener("submit", () => clock.stop());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
