// The timer: counts by the page's steady clock from what the server said last; it decides nothing.

import { ask } from "./api.js";

const MINUTE = 60000;
const ANNOUNCED = [10, 5, 1];

export class Clock {
  /** `over` is called once, when the time is up; `heard` with each word of the server about the attempt. */
  constructor({ address, announce, over, heard }) {
    this.box = document.getElementById("timer");
    this.left = document.getElementById("left");
    this.address = address;
    this.announce = announce;
    this.over = over;
    this.heard = heard;
    this.said = new Set();
    if (this.box?.dataset.remaining !== undefined) this.set(Number(this.box.dataset.remaining));
    for (const minutes of ANNOUNCED) {
      if (this.remaining() <= minutes * MINUTE) this.said.add(minutes);
    }
    this.ticking = setInterval(() => this.show(), 250);
    this.again();
    for (const [who, what] of [[document, "visibilitychange"], [window, "online"], [window, "pageshow"]]) {
      who.addEventListener(what, () => document.hidden || this.sync());
    }
  }

  /** What the server says is left, in milliseconds; null for no limit. */
  set(remaining) {
    if (remaining === null || remaining === undefined) return;
    this.end = performance.now() + remaining;
    this.done = false;
    this.show();
  }

  /** Milliseconds left. */
  remaining() {
    return this.end === undefined ? Infinity : Math.max(0, this.end - performance.now());
  }

  async sync() {
    const { status, said } = await ask(this.address());
    if (status === 200) {
      this.set(said.remaining_ms);
      this.heard(said);
      this.warnAboutClock(said.now);
    } else if (status === 401) {
      this.heard({ state: "signed out" });
    }
  }

  stop() {
    clearInterval(this.ticking);
    clearTimeout(this.waiting);
    this.done = true;
  }

  again() {
    this.waiting = setTimeout(async () => {
      await this.sync();
      if (!this.done || this.remaining() > 0) this.again();
    }, 15000 + Math.random() * 10000);
  }

  show() {
    const left = this.remaining();
    if (left === Infinity || !this.left) return;
    const seconds = Math.ceil(left / 1000);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    const text = shown.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
    if (this.left.textContent !== `${text} left`) {
      this.left.replaceChildren(Object.assign(document.createElement("strong"), { textContent: text }), " left");
    }
    this.box.classList.toggle("short", left < MINUTE);
    for (const minutes of ANNOUNCED) {
      if (left <= minutes * MINUTE && !this.said.has(minutes)) {
        this.said.add(minutes);
        this.announce(minutes === 1 ? "One minute left." : `${minutes} minutes left.`);
      }
    }
    if (left <= 0 && !this.done) {
      this.done = true;
      this.over();
    }
  }

  warnAboutClock(now) {
    if (Math.abs(Date.now() - now) > MINUTE && !this.said.has("clock")) {
      this.said.add("clock");
      this.announce("This device's clock is wrong. The time shown here is the server's, and it is right.");
    }
  }
}
