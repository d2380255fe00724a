// Answers that the server has not confirmed, kept in the tab's storage: a crash or a reload loses none.
// They are kept by person, attempt and question, so that one too large for the storage costs no other, and
// removed when the attempt is over.

export class Unsent {
  constructor(person, attempt) {
    this.prefix = `unsent ${person} ${attempt} `;
  }

  /** All of them: position → {answer, rev, clear}, or {places, rev} for an incomplete order. */
  read() {
    const entries = {};
    for (const key of this.keys()) {
      try {
        entries[key.slice(this.prefix.length)] = JSON.parse(sessionStorage.getItem(key));
      } catch {
        // not readable, so nothing to restore
      }
    }
    return entries;
  }

  keep(pos, entry) {
    try {
      sessionStorage.setItem(this.prefix + pos, JSON.stringify(entry));
    } catch {
      this.drop(pos); // a full or forbidden storage must not stop a save, nor keep an older answer
    }
  }

  drop(pos) {
    try {
      sessionStorage.removeItem(this.prefix + pos);
    } catch {
      // no storage, nothing to remove
    }
  }

  forget() {
    for (const key of this.keys()) this.drop(key.slice(this.prefix.length));
  }

  keys() {
    try {
      return Object.keys(sessionStorage).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }
}
