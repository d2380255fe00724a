// The live table: asked for anew every few seconds; what is chosen in it stays chosen.

const box = document.getElementById("live");
const EVERY = 5000;

async function refresh() {
  if (!document.hidden) {
    const reply = await fetch(box.dataset.address, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (reply?.ok) {
      const chosen = new Set([...box.querySelectorAll("input:checked")].map((one) => one.value));
      const focused = box.contains(document.activeElement) ? document.activeElement.value : undefined;
      box.innerHTML = await reply.text();
      for (const one of box.querySelectorAll("input")) {
        one.checked = chosen.has(one.value);
        if (one.value === focused) one.focus();
      }
    }
  }
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
