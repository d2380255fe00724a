-- One hash-chained ledger for each assignment and quiz; it names people by pseudonyms only.
CREATE TABLE pseudonym (
    course TEXT NOT NULL REFERENCES course (id), name TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id), current BOOLEAN NOT NULL,
    PRIMARY KEY (course, name)
);
CREATE UNIQUE INDEX pseudonym_current ON pseudonym (course, person) WHERE current;
CREATE TABLE ledger_head (
    course TEXT NOT NULL REFERENCES course (id), kind TEXT NOT NULL CHECK (kind IN ('homework', 'quiz')),
    work TEXT NOT NULL,
    lines BIGINT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (course, kind, work)
);
CREATE TABLE ledger_line (
    course TEXT NOT NULL, kind TEXT NOT NULL, work TEXT NOT NULL, number BIGINT NOT NULL,
    line {bytes} NOT NULL,
    PRIMARY KEY (course, kind, work, number),
    FOREIGN KEY (course, kind, work) REFERENCES ledger_head (course, kind, work)
);
-- The line of a grading and of a person's mark; several owners have lines one after another.
ALTER TABLE grading ADD COLUMN line BIGINT;
ALTER TABLE mark ADD COLUMN line BIGINT;
-- What a submission came from, where that is not the site: another ledger, or a class's download.
ALTER TABLE submission ADD COLUMN origin TEXT NOT NULL DEFAULT '';
