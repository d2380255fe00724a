// The page of a submission asks for its state until it is graded, as often as the server says, and then shows the score.

const box = document.getElementById("state");
const [FIRST, FEWEST] = [400, 15000]; // milliseconds
let pause = FIRST;

async function ask() {
  const response = await fetch(box.dataset.address, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  const { state, again } = response?.ok ? await response.json() : {};
  pause = again ?? Math.min(2 * pause, FEWEST); // a server that does not answer is left alone for a while
  if (state && state !== box.dataset.state) location.reload();
  else later();
}

function later() {
  setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", ask, { once: true }) : ask()), pause * (0.8 + Math.random() * 0.4));
}

if (["waiting", "leased"].includes(box.dataset.state)) later();
