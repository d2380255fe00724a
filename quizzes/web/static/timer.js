// The timer: counts down by the page's steady clock from the server's last status; the server alone decides.

import { request } from "./api.js";

const MINUTE = 60000;
const ANNOUNCED = [10, 5, 1];

export class Timer {
  /** `timeIsUp` is called once, when the time is over; `onStatus` with each status and when it was asked, `onConnection` with each try. */
  constructor({ address, announce, timeIsUp, onStatus, onConnection }) {
    this.box = document.getElementById("timer");
    this.left = document.getElementById("left");
    this.address = address;
    this.announce = announce;
    this.timeIsUp = timeIsUp;
    this.onStatus = onStatus;
    this.onConnection = onConnection;
    this.announced = new Set();
    if (this.box?.dataset.remaining !== undefined) this.set(Number(this.box.dataset.remaining));
    for (const minutes of ANNOUNCED) {
      if (this.remaining() <= minutes * MINUTE) this.announced.add(minutes);
    }
    this.ticking = setInterval(() => this.show(), 250);
    this.scheduleSync();
    for (const [target, event] of [[document, "visibilitychange"], [window, "online"], [window, "pageshow"]]) {
      target.addEventListener(event, () => document.hidden || this.sync());
    }
  }

  /** Set the remaining time, in milliseconds; null for no limit. */
  set(remaining) {
    if (remaining === null || remaining === undefined) return;
    this.end = performance.now() + remaining;
    this.done = false;
    this.show();
  }

  /** The remaining time in milliseconds. */
  remaining() {
    return this.end === undefined ? Infinity : Math.max(0, this.end - performance.now());
  }

  async sync() {
    const { status, payload, asked } = await request(this.address());
    this.onConnection(status !== 0);
    if (status === 200) {
      this.set(payload.remaining_ms);
      this.onStatus(payload, asked);
      this.warnAboutClock(payload.now);
    } else if (status === 401) {
      this.onStatus({ state: "signed out" });
    }
  }

  stop() {
    clearInterval(this.ticking);
    clearTimeout(this.waiting);
    this.done = true;
  }

  scheduleSync() {
    this.waiting = setTimeout(async () => {
      await this.sync();
      if (!this.done || this.remaining() > 0) this.scheduleSync();
    }, 15000 + Math.random() * 10000);
  }

  show() {
    const left = this.remaining();
    if (left === Infinity || !this.left) return;
    const seconds = Math.ceil(left / 1000);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    const text = shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
    if (this.left.textContent !== `${text} left`) {
      this.left.replaceChildren(Object.assign(document.createElement("strong"), { textContent: text }), " left");
    }
    this.box.classList.toggle("short", left < MINUTE);
    for (const minutes of ANNOUNCED) {
      if (left <= minutes * MINUTE && !this.announced.has(minutes)) {
        this.announced.add(minutes);
        this.announce(minutes === 1 ? "One minute left." : `${minutes} minutes left.`);
      }
    }
    if (left <= 0 && !this.done) {
      this.done = true;
      this.timeIsUp();
    }
  }

  warnAboutClock(now) {
    if (Math.abs(Date.now() - now) > MINUTE && !this.announced.has("clock")) {
      this.announced.add("clock");
      this.announce("This device's clock is wrong. The remaining time shown here is the server's and is right.");
    }
  }
}
