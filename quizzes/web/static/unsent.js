// Answers that the server has not confirmed, kept in the tab's storage: a crash or a reload loses none.
// They are kept by person and attempt, and removed when the attempt is over.

export class Unsent {
  constructor(person, attempt) {
    this.name = `unsent ${person} ${attempt}`;
  }

  /** All of them: position → {answer, rev, clear}. */
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name)) ?? {};
    } catch {
      return {};
    }
  }

  keep(pos, entry) {
    this.write({ ...this.read(), [pos]: entry });
  }

  drop(pos) {
    const { [pos]: dropped, ...rest } = this.read();
    if (dropped !== undefined) this.write(rest);
  }

  forget() {
    try {
      sessionStorage.removeItem(this.name);
    } catch {
      // no storage, nothing to forget
    }
  }

  write(entries) {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(entries));
    } catch {
      // a full or forbidden storage must not stop a save
    }
  }
}
