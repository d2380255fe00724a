// Requests to our server: JSON in, JSON out, each with the page's form token. All scripts of the quiz pages use it.

let token = document.querySelector('meta[name="form-token"]')?.content ?? "";

/**
 * The result of a request: `status` is 0 when the network or the server did not answer; `asked` is when it was sent,
 * by the page's steady clock: replies overtake each other.
 */
export async function request(path, body, { timeout = 10000 } = {}) {
  const options = { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
    options.headers["X-Form-Token"] = token;
    options.keepalive = bytesOf(options.body) < 60000; // a last save outlives its page
  }
  const asked = performance.now();
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), timeout);
  try {
    const response = await send(path, { ...options, signal: control.signal });
    const json = (response.headers.get("Content-Type") ?? "").includes("application/json");
    const payload = json ? await response.json() : {};
    return { status: response.status, payload, asked, wait: Number(response.headers.get("Retry-After")) * 1000 };
  } catch {
    return { status: 0, payload: {}, asked, wait: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** Browsers refuse what outlives its page beyond 64 KB of all requests together: then it is sent as usual. */
async function send(path, options) {
  if (!options.keepalive) return fetch(path, options);
  return fetch(path, options).catch((problem) => {
    if (options.signal.aborted || !navigator.onLine) throw problem;
    return fetch(path, { ...options, keepalive: false });
  });
}

/** The bytes of a text in UTF-8, as the server counts them. */
export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

/** Sign in again without leaving the page; returns an empty string, or the error message. */
export async function signInAgain(person, passcode) {
  const response = await fetch("/sign-in", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ person, passcode }),
    credentials: "same-origin",
  }).catch(() => null);
  if (!response) return "The server cannot be reached.";
  const payload = await response.json().catch(() => ({}));
  if (!response.ok) return `${payload.message ?? "The sign-in failed."} ${payload.next_step ?? ""}`;
  token = payload.token;
  for (const field of document.querySelectorAll('input[name="token"]')) field.value = token;
  return "";
}

/** A random id, for saves and edit locks. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
