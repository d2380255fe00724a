// The monitor's table: loaded again every few seconds; choices, focus and scrolling stay as they are.

const box = document.getElementById("monitor");
const INTERVAL = 5000;

const region = () => box.querySelector("[role=region]");
const nameOf = (element) => element.value ?? element.getAttribute("href") ?? element.getAttribute("role");

function show(table) {
  const chosen = new Set([...box.querySelectorAll("input:checked")].map((input) => input.value));
  const focused = box.contains(document.activeElement) ? nameOf(document.activeElement) : undefined;
  const [left, top] = [region().scrollLeft, region().scrollTop];
  box.innerHTML = table;
  region().scrollTo({ left, top, behavior: "instant" });
  for (const input of box.querySelectorAll("input")) input.checked = chosen.has(input.value);
  for (const element of box.querySelectorAll("input, a, [role=region]")) {
    if (focused !== undefined && nameOf(element) === focused) element.focus({ preventScroll: true });
  }
}

async function refresh() {
  if (!document.hidden) {
    const reply = await fetch(box.dataset.address, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (reply?.status === 401) return location.reload(); // signed out: the sign-in page leads back here
    if (reply?.ok) show(await reply.text());
  }
  setTimeout(refresh, INTERVAL);
}

setTimeout(refresh, INTERVAL);
