// The page of a submission asks for its state until it is graded, ever more rarely, and then shows the score.

const box = document.getElementById("state");
const PAUSES = [500, 500, 1000, 2000, 4000, 8000, 15000]; // milliseconds
let asked = 0;

async function ask() {
  const response = await fetch(box.dataset.address, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  const { state } = response?.ok ? await response.json() : {};
  if (state && state !== box.dataset.state) location.reload();
  else later();
}

function later() {
  const pause = PAUSES[Math.min(asked, PAUSES.length - 1)];
  asked += 1;
  setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", ask, { once: true }) : ask()), pause * (0.8 + Math.random() * 0.4));
}

if (["waiting", "leased"].includes(box.dataset.state)) later();
