// Saving one question: what is typed, what is sent, what the server has.
//
//   saved → (typing) → unsaved → (a pause) → saving → saved
//                         ↑ no answer from the server: again, later and later, with the same save id
//
// The server decides everything; whatever it refuses is shown and stays in the controls.

import { answerIn, show } from "./answers.js";
import { ask, drawn } from "./api.js";

const PAUSE = 1500;
const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;
const HERD = 30000; // in the last half minute saves are spread over two seconds

export class Saver {
  /** `page` has pen, writing, unsent, remaining(), changed(), heard(), signIn(), locked(reason), moved(). */
  constructor(question, path, page) {
    this.question = question;
    this.pos = Number(question.dataset.pos);
    this.path = `${path}/answers/${this.pos}`;
    this.page = page;
    this.rev = Number(question.dataset.rev);
    this.answered = "answered" in question.dataset;
    this.stored = JSON.stringify(answerIn(question) ?? null);
    this.state = this.rev ? "saved" : "empty";
    this.problem = "";
    this.retries = 0;
    const left = page.unsent.read()[this.pos];
    if (left && JSON.stringify(left.answer) !== this.stored) {
      show(question, left.answer);
      this.clear = left.clear;
      if (left.rev === this.rev) this.typed(PAUSE, left.clear);
      else this.conflict(JSON.parse(this.stored));
    } else {
      page.unsent.drop(this.pos);
    }
  }

  /** The student changed something; `pause` is how long to wait for more. */
  typed(pause = PAUSE, clear = false) {
    const answer = answerIn(this.question);
    this.complain("");
    if (answer === undefined) {
      this.become("unsaved", "Not complete yet");
      clearTimeout(this.timer);
      return;
    }
    this.clear = clear || (answer === null && this.answered);
    if (JSON.stringify(answer) === this.stored && !this.sending) {
      clearTimeout(this.timer);
      this.page.unsent.drop(this.pos);
      this.become(this.rev ? "saved" : "empty");
      return;
    }
    this.page.unsent.keep(this.pos, { answer, rev: this.rev, clear: this.clear });
    this.saveId = undefined; // another text is another save
    this.become("unsaved");
    const spread = this.page.remaining() < HERD ? Math.random() * 2000 : 0;
    this.later(pause + spread);
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  /** Send what is unsaved; resolves when the server has answered, or could not. */
  async send() {
    clearTimeout(this.timer);
    if (this.sending) return this.sending.then(() => this.state === "unsaved" && this.send());
    const answer = answerIn(this.question);
    if (this.state !== "unsaved" || answer === undefined || !this.page.writing) return undefined;
    this.become("saving");
    this.saveId ??= drawn();
    const sent = { answer, base_rev: this.rev, save_id: this.saveId, pen: this.page.lock, clear: this.clear };
    this.sending = ask(this.path, sent).then((reply) => {
      this.sending = undefined;
      this.hear(JSON.stringify(answer), reply);
    });
    return this.sending;
  }

  hear(sent, { status, said, wait }) {
    const changed = JSON.stringify(answerIn(this.question) ?? null) !== sent;
    if (status === 200) {
      this.retries = 0;
      this.take(said.rev, said.answer);
      if (changed) {
        this.saveId = undefined;
        this.typed();
      } else {
        this.page.unsent.drop(this.pos);
        this.become("saved");
      }
      this.page.heard(said);
      return;
    }
    this.become("unsaved");
    if (status === 0 || status >= 500 || status === 429) return this.retry(wait);
    if (status === 401) return this.page.signIn();
    if (status === 422) {
      this.complain(said.problem);
      if (changed) this.typed();
      return undefined;
    }
    if (status === 409 && said.outcome) return this.refused(sent, said);
    this.complain(`${said.message ?? "This could not be saved."} ${said.next_step ?? ""}`);
    return undefined;
  }

  refused(sent, said) {
    if (said.outcome === "closed" || said.outcome === "late") return this.page.locked(said.outcome);
    if (said.outcome === "elsewhere") return this.page.moved();
    if (JSON.stringify(said.answer) === sent) {
      this.take(said.rev, said.answer);
      this.page.unsent.drop(this.pos);
      return this.become("saved");
    }
    this.rev = said.rev;
    this.saveId = undefined;
    return this.conflict(said.answer);
  }

  retry(wait) {
    const pause = Math.max(wait || 0, Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.retries));
    this.retries += 1;
    this.become("unsaved", "Not saved, trying again");
    this.later(pause * (0.7 + Math.random() * 0.6));
  }

  /** Another window stored something else: both are shown, the student chooses. */
  conflict(stored) {
    this.become("unsaved");
    this.stored = JSON.stringify(stored);
    const box = this.question.querySelector(".stored");
    const words = Object.assign(document.createElement("p"), {
      textContent: "Another window saved a different answer to this question.",
    });
    const choice = (text, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", () => {
        box.hidden = true;
        box.replaceChildren();
        act();
      });
      return button;
    };
    box.replaceChildren(
      words,
      choice("Keep what is here", () => this.typed(0, true)),
      " ",
      choice("Take the saved one", () => {
        show(this.question, JSON.parse(this.stored));
        this.typed(0);
      }),
    );
    box.hidden = false;
    this.complain("Not saved: choose which answer counts.");
  }

  take(rev, answer) {
    this.rev = rev;
    this.stored = JSON.stringify(answer);
    this.answered = answer !== null;
    this.question.dataset.rev = rev;
    this.question.querySelector(`input[name="rev${this.pos}"]`).value = rev;
  }

  complain(text) {
    this.problem = text;
    const place = this.question.querySelector(".problem");
    place.textContent = text;
    place.hidden = !text;
    const fieldset = this.question.querySelector("fieldset");
    if (text) fieldset.setAttribute("aria-describedby", place.id);
    else fieldset.removeAttribute("aria-describedby");
  }

  become(state, words) {
    this.state = state;
    const shown = { saved: "Saved", empty: "", unsaved: words ?? "Not saved", saving: "Saving…" }[state];
    const place = this.question.querySelector(".mark");
    place.textContent = shown;
    place.className = `mark is-${state}`;
    this.page.changed(this);
  }
}
