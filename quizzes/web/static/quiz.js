// The quiz page: connects questions, timer and edit lock. Without this script the page is a plain form.

import { controlsOf, flagOf, keepPlacesApart, show } from "./answers.js";
import { randomId, request, signInAgain } from "./api.js";
import { showNotices } from "./notices.js";
import { Saver } from "./saver.js";
import { Timer } from "./timer.js";
import { Unsent } from "./unsent.js";

const form = document.getElementById("quiz");
const path = `/attempts/${form.dataset.attempt}`;
const news = document.getElementById("news");

class Page {
  constructor() {
    this.unsent = new Unsent(form.dataset.person, form.dataset.attempt);
    // The tab that started the attempt holds the edit lock; any other tab draws a lock of its own.
    this.begun = location.hash === "#begun";
    if (this.begun) history.replaceState(null, "", location.pathname);
    this.editLock = this.begun ? form.dataset.lock : randomId();
    this.writable = false; // until the server has given this tab the edit lock
    this.heldSince = Infinity; // by the page's steady clock
    this.over = false;
    this.connected = true;
    this.largest = Number(form.dataset.largest); // bytes of an answer
    this.timer = new Timer({
      address: () => `${path}/status?lock=${this.editLock}`,
      announce: (text) => this.say(text, "", undefined, "time"),
      timeIsUp: () => this.timeIsUp(),
      onStatus: (payload, asked) => this.onStatus(payload, asked),
      onConnection: (connected) => this.onConnection(connected),
    });
    this.savers = [...document.querySelectorAll("section.question")].map((question) => new Saver(question, path, this));
    for (const saver of this.savers) this.wire(saver);
    for (const button of document.querySelectorAll(".clear")) button.hidden = false;
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => this.unsaved().length && !this.over && !this.leaving && event.preventDefault());
    window.addEventListener("pagehide", () => this.flush());
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    window.addEventListener("online", () => this.flush());
    window.addEventListener("offline", () => this.onConnection(false));
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    if (this.begun) this.makeWritable();
    else this.takeLock();
    this.changed();
  }

  wire(saver) {
    const { question } = saver;
    const ordering = question.dataset.kind === "ordering";
    let places = controlsOf(question).map((control) => control.value);
    for (const [index, control] of controlsOf(question).entries()) {
      if (control.matches("input:not([type=radio], [type=checkbox]), textarea")) {
        control.addEventListener("input", () => saver.typed());
        control.addEventListener("change", () => saver.send());
      } else {
        control.addEventListener("change", () => {
          if (ordering) keepPlacesApart(question, control, places[index]);
          places = controlsOf(question).map((placed) => placed.value);
          saver.typed(200);
        });
      }
    }
    question.querySelector(".clear").addEventListener("click", () => {
      show(question, null);
      saver.typed(0, true);
    });
    const flag = flagOf(question);
    flag.addEventListener("change", () => {
      this.changed();
      request(`${path}/flags/${saver.pos}`, { flagged: flag.checked });
    });
  }

  remaining() {
    return this.timer?.remaining() ?? Infinity;
  }

  unsaved() {
    return (this.savers ?? []).filter((saver) => saver.state === "unsaved" || saver.state === "saving");
  }

  /** Send everything that is unsaved. */
  flush() {
    return Promise.all(this.unsaved().map((saver) => saver.send()));
  }

  async takeLock() {
    const { status, payload } = await request(`${path}/lock`, { lock: this.editLock });
    this.onConnection(status !== 0);
    if (status === 200) {
      form.elements.lock.value = this.editLock;
      this.makeWritable();
      this.onStatus(payload);
    } else if (status === 401) this.signIn();
    else if (status !== 404) setTimeout(() => this.takeLock(), 3000 + Math.random() * 2000);
  }

  /** A status of the attempt from the server; `asked` says when it was asked. */
  onStatus(payload, asked) {
    if (payload.remaining_ms !== undefined) this.timer?.set(payload.remaining_ms);
    showNotices(payload.notices);
    if (payload.state === "signed out") this.signIn();
    else if (payload.state && payload.state !== "open") this.leave("closed");
    else if (payload.lock === "elsewhere") this.loseLock(asked);
  }

  /** Whether the server answered just now. */
  onConnection(connected) {
    if (connected === this.connected) return;
    this.connected = connected;
    this.changed();
  }

  /** Another tab took the edit lock: this one becomes read-only, unless it has taken the lock since it asked. */
  loseLock(asked) {
    if (!this.writable || asked < this.heldSince) return;
    this.makeReadOnly();
    this.wasElsewhere = true;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Continue here" });
    button.addEventListener("click", () => this.takeLock());
    this.say("You opened this quiz in another tab, which holds the edit lock now. Press Continue here to take it back.", "careful", button);
  }

  makeWritable() {
    this.writable = true;
    this.heldSince = performance.now();
    form.inert = false;
    if (this.wasElsewhere && !this.unsaved().length) location.reload(); // show what the other tab saved
    this.wasElsewhere = false;
    this.flush();
  }

  makeReadOnly() {
    this.writable = false;
    form.inert = true;
  }

  /** The attempt is over: go to its receipt. */
  leave(reason) {
    if (this.over) return;
    this.over = true;
    this.makeReadOnly();
    this.timer.stop();
    const lost = this.unsaved().length > 0;
    this.unsent.forget();
    location.assign(`${path}/receipt${lost && reason !== "finished" ? "?late" : ""}`);
  }

  async timeIsUp() {
    this.say("The time is over. Your answers are being submitted.", "careful");
    const pauses = [0, 700, 1500, 3000, 5000];
    for (const pause of pauses) {
      await new Promise((done) => setTimeout(done, pause));
      await this.flush();
      if (this.over) return;
      const { status } = await request(`${path}/finish`, { timer: true });
      if (status === 200) return this.leave("finished");
      if (status === 401) return this.signIn();
    }
    this.say("The time is over, and the server cannot be reached. Saved answers count; reload this page.", "wrong");
  }

  async submit(event) {
    event.preventDefault();
    if (this.over) return;
    await this.flush();
    if (event.submitter?.id !== "review") return;
    const unsaved = this.unsaved();
    if (!unsaved.length) {
      location.assign(`${path}/review`);
      return;
    }
    const reasons = unsaved.map(({ pos, stuck }) => `Question ${pos + 1} ${stuck || "is waiting for the server"}.`);
    const text = `Question ${unsaved[0].pos + 1} is not saved yet. ${reasons.join(" ")}`;
    if (unsaved.every((saver) => saver.stuck)) {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.textContent = "Continue without saving it";
      button.addEventListener("click", () => {
        this.leaving = true;
        location.assign(`${path}/review`);
      });
      this.say(`${text} Complete or correct it, or go on: only what was saved before counts.`, "careful", button);
    } else {
      this.say(this.connected ? text : `No connection. ${text}`, "wrong");
    }
    unsaved[0].question.focus();
  }

  signIn() {
    const dialog = document.getElementById("sign-in");
    if (dialog.open) return;
    const problem = dialog.querySelector(".problem");
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      const message = await signInAgain(form.dataset.person, dialog.querySelector("input").value);
      problem.textContent = message;
      problem.hidden = !message;
      if (!message) {
        dialog.close();
        await this.takeLock();
        this.flush();
      }
    };
    dialog.showModal();
  }

  /** The state of a question changed: show it for the page and in the navigation. */
  changed() {
    if (!this.savers) return;
    const label = document.getElementById("saved");
    const unconfirmed = this.unsaved();
    const waiting = unconfirmed.filter((saver) => saver.state === "unsaved");
    const state = waiting.length ? "unsaved" : unconfirmed.length ? "saving" : "saved";
    const numbers = waiting.map((saver) => saver.pos + 1).join(", ");
    const words = { saved: "All saved", saving: "Saving…", unsaved: `Not saved: ${numbers}` }[state];
    const text = this.connected ? words : `No connection${waiting.length ? `. ${words}` : ""}`;
    if (label.textContent !== text) label.textContent = text;
    label.className = `saved is-${this.connected ? state : "unsaved"}`;
    // Answered is what the server has; a value that it cannot read or has not got is not.
    for (const { pos, question, answered, stuck, retries } of this.savers) {
      const link = document.querySelector(`nav.questions a[data-pos="${pos}"]`);
      const states = {
        answered,
        unsaved: Boolean(stuck || retries),
        flagged: flagOf(question).checked,
      };
      for (const [name, holds] of Object.entries(states)) link.classList.toggle(name, holds);
      const words = { answered: " answered", unsaved: " not saved", flagged: " flagged" };
      link.querySelector(".state").textContent = Object.keys(words).filter((name) => states[name]).map((name) => words[name]).join("");
    }
  }

  /** Say something in place of what was said about the same topic before. */
  say(text, kind = "", button, topic = "answers") {
    const note = Object.assign(document.createElement("div"), { className: `note ${kind}` });
    note.append(Object.assign(document.createElement("p"), { textContent: text }), ...(button ? [button] : []));
    note.dataset.topic = topic;
    news.querySelector(`[data-topic="${topic}"]`)?.remove();
    news.append(note);
  }
}

new Page();
