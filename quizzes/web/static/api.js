// Requests to our own server: JSON in, JSON out, each with the page's form token.

let token = document.querySelector('meta[name="form-token"]')?.content ?? "";

/** What became of a request: `status` is 0 when the network or the server did not answer. */
export async function ask(path, body, { patience = 10000 } = {}) {
  const options = { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
    options.headers["X-Form-Token"] = token;
    options.keepalive = options.body.length < 60000; // a last save outlives its page
  }
  const control = new AbortController();
  const alarm = setTimeout(() => control.abort(), patience);
  try {
    const response = await fetch(path, { ...options, signal: control.signal });
    const json = (response.headers.get("Content-Type") ?? "").includes("application/json");
    const said = json ? await response.json() : {};
    return { status: response.status, said, wait: Number(response.headers.get("Retry-After")) * 1000 };
  } catch {
    return { status: 0, said: {}, wait: 0 };
  } finally {
    clearTimeout(alarm);
  }
}

/** Sign in again without leaving the page; empty when it worked, else what to say. */
export async function signInAgain(person, passcode) {
  const response = await fetch("/sign-in", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ person, passcode }),
    credentials: "same-origin",
  }).catch(() => null);
  if (!response) return "The server cannot be reached.";
  const said = await response.json().catch(() => ({}));
  if (!response.ok) return `${said.message ?? "This did not work."} ${said.next_step ?? ""}`;
  token = said.token;
  for (const field of document.querySelectorAll('input[name="token"]')) field.value = token;
  return "";
}

/** A name nobody else draws, for saves and pens. */
export function drawn() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
