// The quiz page: wires questions, clock and pen together. Without this script the page is a plain form.

import { answerIn, controlsOf, keepPlacesApart, show } from "./answers.js";
import { ask, drawn, signInAgain } from "./api.js";
import { Clock } from "./clock.js";
import { Saver } from "./saver.js";
import { Unsent } from "./unsent.js";

const form = document.getElementById("quiz");
const path = `/attempts/${form.dataset.attempt}`;
const news = document.getElementById("news");

class Page {
  constructor() {
    this.unsent = new Unsent(form.dataset.person, form.dataset.attempt);
    // The window that pressed Start has the pen already; any other one draws its own.
    this.begun = location.hash === "#begun";
    if (this.begun) history.replaceState(null, "", location.pathname);
    this.lock = this.begun ? form.dataset.lock : drawn();
    this.writing = false; // until the server has given this window the pen
    this.over = false;
    this.clock = new Clock({
      address: () => `${path}/status?pen=${this.lock}`,
      announce: (text) => this.say(text),
      over: () => this.timeIsUp(),
      heard: (said) => this.heard(said),
    });
    this.savers = [...document.querySelectorAll("section.question")].map((one) => new Saver(one, path, this));
    for (const saver of this.savers) this.wire(saver);
    for (const one of document.querySelectorAll(".clear")) one.hidden = false;
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => this.unsaved().length && !this.over && event.preventDefault());
    window.addEventListener("pagehide", () => this.flush());
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    if (this.begun) this.write();
    else this.takePen();
    this.changed();
  }

  wire(saver) {
    const { question } = saver;
    const ordering = question.dataset.kind === "ordering";
    let places = controlsOf(question).map((one) => one.value);
    for (const [at, one] of controlsOf(question).entries()) {
      if (one.matches("input:not([type=radio], [type=checkbox]), textarea")) {
        one.addEventListener("input", () => saver.typed());
        one.addEventListener("change", () => saver.send());
      } else {
        one.addEventListener("change", () => {
          if (ordering) keepPlacesApart(question, one, places[at]);
          places = controlsOf(question).map((control) => control.value);
          saver.typed(200);
        });
      }
    }
    question.querySelector(".clear").addEventListener("click", () => {
      show(question, null);
      saver.typed(0, true);
    });
    const flag = question.querySelector(`input[name="flag${saver.pos}"]`);
    flag.addEventListener("change", () => {
      this.changed();
      ask(`${path}/flags/${saver.pos}`, { flagged: flag.checked });
    });
  }

  remaining() {
    return this.clock?.remaining() ?? Infinity;
  }

  unsaved() {
    return (this.savers ?? []).filter((one) => one.state === "unsaved" || one.state === "saving");
  }

  /** Send everything that is unsaved. */
  flush() {
    return Promise.all(this.unsaved().map((one) => one.send()));
  }

  async takePen() {
    const { status, said } = await ask(`${path}/lock`, { pen: this.lock });
    if (status === 200) {
      form.elements.lock.value = this.lock;
      this.write();
      this.heard(said);
    } else if (status === 401) this.signIn();
    else if (status !== 404) setTimeout(() => this.takePen(), 3000 + Math.random() * 2000);
  }

  /** A word of the server about the attempt. */
  heard(said) {
    if (said.remaining_ms !== undefined) this.clock?.set(said.remaining_ms);
    if (said.notice && said.notice.id !== this.noticed) {
      this.noticed = said.notice.id;
      this.say(`Message from the course's staff: ${said.notice.text}`, "careful");
    }
    if (said.state === "signed out") this.signIn();
    else if (said.state && said.state !== "open") this.locked("closed");
    else if (said.lock === "elsewhere") this.moved();
  }

  /** Another window writes: this one only shows. */
  moved() {
    if (!this.writing) return;
    this.lock();
    this.wasElsewhere = true;
    const here = Object.assign(document.createElement("button"), { type: "button", textContent: "Continue here" });
    here.addEventListener("click", () => this.takePen());
    this.say("You opened this quiz in another window, and that one writes now.", "careful", here);
  }

  write() {
    this.writing = true;
    form.inert = false;
    if (this.wasElsewhere && !this.unsaved().length) location.reload(); // show what the other window saved
    this.wasElsewhere = false;
    this.flush();
  }

  lock() {
    this.writing = false;
    form.inert = true;
  }

  /** The attempt is over, whoever ended it. */
  locked(reason) {
    if (this.over) return;
    this.over = true;
    this.lock();
    this.clock.stop();
    const lost = this.unsaved().length > 0;
    this.unsent.forget();
    location.assign(`${path}/receipt${lost && reason !== "finished" ? "?late" : ""}`);
  }

  async timeIsUp() {
    this.say("The time is over. Your answers are handed in.", "careful");
    const tries = [0, 700, 1500, 3000, 5000];
    for (const pause of tries) {
      await new Promise((done) => setTimeout(done, pause));
      await this.flush();
      if (this.over) return;
      const { status } = await ask(`${path}/finish`, { timer: true });
      if (status === 200) return this.locked("finished");
      if (status === 401) return this.signIn();
    }
    this.say("The time is over, and the server cannot be reached. What was saved counts; reload this page.", "wrong");
  }

  async submit(event) {
    event.preventDefault();
    if (this.over) return;
    await this.flush();
    if (event.submitter?.id !== "review") return;
    const open = this.unsaved();
    if (!open.length) {
      location.assign(`${path}/review`);
      return;
    }
    this.say(`Question ${open[0].pos + 1} is not saved yet.`, "wrong");
    open[0].question.focus();
  }

  signIn() {
    const dialog = document.getElementById("sign-in");
    if (dialog.open) return;
    const problem = dialog.querySelector(".problem");
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      const said = await signInAgain(form.dataset.person, dialog.querySelector("input").value);
      problem.textContent = said;
      problem.hidden = !said;
      if (!said) {
        dialog.close();
        await this.takePen();
        this.flush();
      }
    };
    dialog.showModal();
  }

  /** The state of a question changed: say so, once for the page and once for each question. */
  changed() {
    if (!this.savers) return;
    const place = document.getElementById("saved");
    const open = this.unsaved();
    const waiting = open.filter((one) => one.state === "unsaved");
    const state = waiting.length ? "unsaved" : open.length ? "saving" : "saved";
    const numbers = waiting.map((one) => one.pos + 1).join(", ");
    const text = { saved: "All saved", saving: "Saving…", unsaved: `Not saved: ${numbers}` }[state];
    if (place.textContent !== text) place.textContent = text;
    place.className = `saved is-${state}`;
    for (const { pos, question } of this.savers) {
      const link = document.querySelector(`nav.questions a[data-pos="${pos}"]`);
      const answered = answerIn(question) !== null;
      const flagged = question.querySelector(`input[name="flag${pos}"]`).checked;
      link.classList.toggle("answered", answered);
      link.classList.toggle("flagged", flagged);
      link.querySelector(".state").textContent = `${answered ? " answered" : ""}${flagged ? " flagged" : ""}`;
    }
  }

  say(text, kind = "", button) {
    const note = Object.assign(document.createElement("div"), { className: `note ${kind}` });
    note.append(Object.assign(document.createElement("p"), { textContent: text }), ...(button ? [button] : []));
    news.replaceChildren(note);
  }
}

new Page();
