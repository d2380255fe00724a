// Saving one question: what is typed, what is sent, and what the server has stored.
//
//   saved → (typing) → unsaved → (a pause) → saving → saved
//                         ↑ no reply from the server: retried with growing pauses and the same save id
//
// The server decides everything; an answer that it refuses is shown and stays in the controls.

import { answerIn, placesIn, revisionOf, show, showPlaces } from "./answers.js";
import { bytesOf, randomId, request } from "./api.js";

const PAUSE = 1500;
const FIRST_RETRY = 1000;
const LAST_RETRY = 15000;
const HERD = 30000; // in the last half minute saves are spread over two seconds

export class Saver {
  /**
   * `page` has editLock, writable, unsent, largest, remaining(), changed(), onStatus(), onConnection(connected),
   * signIn(), leave(reason), loseLock(asked).
   */
  constructor(question, path, page) {
    this.question = question;
    this.pos = Number(question.dataset.pos);
    this.path = `${path}/answers/${this.pos}`;
    this.page = page;
    this.rev = Number(question.dataset.rev);
    this.answered = "answered" in question.dataset;
    const served = answerIn(question, true);
    this.stored = JSON.stringify(served ?? null);
    this.state = this.rev ? "saved" : "empty";
    this.problem = "";
    this.retries = 0;
    const unsent = page.unsent.read()[this.pos];
    // A student may type before this script has come, and browsers put back what was typed before a reload.
    const typed = answerIn(question);
    const isTyped = JSON.stringify(typed) !== JSON.stringify(served);
    if (unsent?.places) {
      showPlaces(question, unsent.places);
      this.typed();
    } else if (unsent && JSON.stringify(unsent.answer) !== this.stored) {
      show(question, unsent.answer);
      this.clear = unsent.clear;
      if (unsent.rev !== this.rev) this.conflict(JSON.parse(this.stored));
      else {
        this.typed(PAUSE, unsent.clear);
        if (isTyped && typed !== undefined && JSON.stringify(typed) !== JSON.stringify(unsent.answer)) {
          const words = "This answer was not saved before. You typed another one while the page was loading.";
          this.offer(words, "Use what I typed just now", typed);
        }
      }
    } else {
      page.unsent.drop(this.pos);
      if (isTyped) this.typed();
    }
  }

  /** The student changed the answer; `pause` is how long to wait for more. */
  typed(pause = PAUSE, clear = false) {
    const answer = answerIn(this.question);
    this.showProblem("");
    this.closeOffer();
    this.stuck = "";
    if (answer === undefined) {
      clearTimeout(this.timer);
      this.page.unsent.keep(this.pos, { places: placesIn(this.question), rev: this.rev });
      this.stuck = "is not complete";
      this.setState("unsaved", "Not complete yet");
      return;
    }
    this.clear = clear || (answer === null && this.answered);
    if (JSON.stringify(answer) === this.stored && !this.sending) {
      clearTimeout(this.timer);
      this.page.unsent.drop(this.pos);
      this.setState(this.rev ? "saved" : "empty");
      return;
    }
    this.page.unsent.keep(this.pos, { answer, rev: this.rev, clear: this.clear });
    this.saveId = undefined; // another answer is another save
    if (this.isTooLarge(answer)) {
      clearTimeout(this.timer);
      return;
    }
    this.setState("unsaved");
    const spread = this.page.remaining() < HERD ? Math.random() * 2000 : 0;
    this.later(pause + spread);
  }

  /** Say at once what the server would refuse; it alone decides about words, and about everything else. */
  isTooLarge(answer) {
    const words = typeof answer === "string" ? answer.split(/\s+/).filter(Boolean).length : 0;
    const most = Number(this.question.dataset.mostWords ?? Infinity);
    if (words > most) this.showProblem(`${words} words are more than the ${most} asked for; please shorten it.`);
    const size = bytesOf(JSON.stringify(answer));
    if (size <= this.page.largest) return false;
    const [has, may] = [size, this.page.largest].map((bytes) => Math.ceil(bytes / 1024));
    this.stuck = "is too long";
    this.showProblem(`This answer has ${has} KB; an answer may have ${may} KB. Shorten it. What was saved before is kept.`);
    this.setState("unsaved", "Too long");
    return true;
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
    if (this.state !== "unsaved" || answer === undefined || this.stuck === "is too long") return undefined;
    if (!this.page.writable || this.isChoosing) return undefined;
    this.setState("saving");
    this.saveId ??= randomId();
    const sent = { answer, base_rev: this.rev, save_id: this.saveId, lock: this.page.editLock, clear: this.clear };
    this.sending = request(this.path, sent).then((reply) => {
      this.sending = undefined;
      this.onReply(JSON.stringify(answer), reply);
    });
    return this.sending;
  }

  onReply(sent, { status, payload, asked, wait }) {
    const now = answerIn(this.question);
    const changed = now === undefined || JSON.stringify(now) !== sent;
    this.page.onConnection(status !== 0);
    if (status === 200) {
      this.retries = 0;
      this.storeReply(payload.rev, payload.answer);
      if (changed) {
        this.saveId = undefined;
        this.typed();
      } else {
        this.page.unsent.drop(this.pos);
        this.setState("saved");
      }
      this.page.onStatus(payload, asked);
      return;
    }
    if (status === 0 || status >= 500 || status === 429) return this.retry(status, wait);
    if (status === 422) {
      this.showProblem(payload.problem);
      this.stuck = "cannot be read";
    }
    this.setState("unsaved");
    if (status === 401) return this.page.signIn();
    if (status === 422) {
      if (changed) this.typed();
      return undefined;
    }
    if (status === 409 && payload.outcome) return this.onRefusal(sent, payload, asked);
    this.stuck = "cannot be saved";
    this.showProblem(`${payload.message ?? "This could not be saved."} ${payload.next_step ?? ""}`);
    this.setState("unsaved");
    return undefined;
  }

  onRefusal(sent, payload, asked) {
    if (payload.outcome === "closed" || payload.outcome === "late") return this.page.leave(payload.outcome);
    if (payload.outcome === "elsewhere") {
      this.page.loseLock(asked);
      return this.page.writable ? this.later(0) : undefined; // the lock came while the save was under way
    }
    if (JSON.stringify(payload.answer) === sent) {
      this.storeReply(payload.rev, payload.answer);
      this.page.unsent.drop(this.pos);
      return this.setState("saved");
    }
    this.rev = payload.rev;
    this.saveId = undefined;
    return this.conflict(payload.answer);
  }

  retry(status, wait) {
    const pause = Math.max(wait || 0, Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.retries));
    this.retries += 1;
    this.setState("unsaved", `${status === 0 ? "No connection" : "The server is busy"}, trying again`);
    this.later(pause * (0.7 + Math.random() * 0.6));
  }

  /** Another tab stored a different answer: both are shown, and nothing is sent before the student chooses. */
  conflict(stored) {
    this.stuck = "was saved differently in another tab";
    this.setState("unsaved");
    this.stored = JSON.stringify(stored);
    this.offer("Another tab saved a different answer to this question.", "Use the saved answer", stored);
    this.isChoosing = true;
    this.showProblem("Not saved: choose the answer that counts.");
  }

  /** Show another answer's button beside the one in the controls, until the student chooses or types. */
  offer(why, useOther, other) {
    const box = this.question.querySelector(".stored");
    const words = Object.assign(document.createElement("p"), { textContent: why });
    const choice = (text, onClick) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", onClick);
      return button;
    };
    box.replaceChildren(
      words,
      choice("Keep this answer", () => this.typed(0, true)),
      " ",
      choice(useOther, () => {
        show(this.question, other);
        this.typed(0);
      }),
    );
    box.hidden = false;
  }

  closeOffer() {
    this.isChoosing = false;
    const box = this.question.querySelector(".stored");
    box.hidden = true;
    box.replaceChildren();
  }

  storeReply(rev, answer) {
    this.rev = rev;
    this.stored = JSON.stringify(answer);
    this.answered = answer !== null;
    this.question.dataset.rev = rev;
    revisionOf(this.question).value = rev;
  }

  showProblem(text) {
    this.problem = text;
    const problem = this.question.querySelector(".problem");
    problem.textContent = text;
    problem.hidden = !text;
    const fieldset = this.question.querySelector("fieldset");
    if (text) fieldset.setAttribute("aria-describedby", problem.id);
    else fieldset.removeAttribute("aria-describedby");
  }

  setState(state, words) {
    this.state = state;
    if (state !== "unsaved") this.stuck = "";
    const shown = { saved: "Saved", empty: "", unsaved: words ?? "Not saved", saving: "Saving…" }[state];
    const label = this.question.querySelector(".save-state");
    label.textContent = shown;
    label.className = `save-state is-${state}`;
    this.page.changed(this);
  }
}
