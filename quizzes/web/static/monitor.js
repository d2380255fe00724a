// The monitor's table: loaded again every few seconds; the chosen students stay chosen.

const box = document.getElementById("monitor");
const INTERVAL = 5000;

async function refresh() {
  if (!document.hidden) {
    const reply = await fetch(box.dataset.address, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (reply?.status === 401) return location.reload(); // signed out: the sign-in page leads back here
    if (reply?.ok) {
      const chosen = new Set([...box.querySelectorAll("input:checked")].map((input) => input.value));
      const focused = box.contains(document.activeElement) ? document.activeElement.value : undefined;
      box.innerHTML = await reply.text();
      for (const input of box.querySelectorAll("input")) {
        input.checked = chosen.has(input.value);
        if (input.value === focused) input.focus();
      }
    }
  }
  setTimeout(refresh, INTERVAL);
}

setTimeout(refresh, INTERVAL);
