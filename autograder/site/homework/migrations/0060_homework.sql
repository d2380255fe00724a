-- Homework in the browser. A submission has owners, so that a group may have one; files are in the file store.
CREATE TABLE bundle (
    digest TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id), assignment TEXT NOT NULL,
    at BIGINT NOT NULL, who TEXT NOT NULL
);
CREATE TABLE homework (
    course TEXT NOT NULL REFERENCES course (id), id TEXT NOT NULL,
    bundle TEXT NOT NULL REFERENCES bundle (digest),
    handout TEXT NOT NULL,
    facts TEXT NOT NULL,
    due_at BIGINT,
    released_at BIGINT, held_at BIGINT,
    PRIMARY KEY (course, id)
);
CREATE TABLE submission (
    id TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL, assignment TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL, size BIGINT NOT NULL, file TEXT NOT NULL,
    began_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
    by_whom TEXT NOT NULL, source TEXT NOT NULL CHECK (source IN ('site', 'notebook', 'staff')),
    FOREIGN KEY (course, assignment) REFERENCES homework (course, id)
);
CREATE INDEX submission_assignment ON submission (course, assignment);
CREATE TABLE submission_owner (
    submission TEXT NOT NULL REFERENCES submission (id), person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (submission, person)
);
CREATE INDEX submission_owner_person ON submission_owner (person);
CREATE TABLE grading (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id),
    submission TEXT NOT NULL REFERENCES submission (id), bundle TEXT NOT NULL REFERENCES bundle (digest),
    reason TEXT NOT NULL CHECK (reason IN ('submitted', 'regrade')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'graded', 'failed')),
    queued_at BIGINT NOT NULL, seed BIGINT NOT NULL, tries INTEGER NOT NULL,
    lease TEXT NOT NULL, leased_until BIGINT, grader TEXT NOT NULL,
    graded_at BIGINT, report TEXT, earned TEXT, possible TEXT, summary TEXT NOT NULL, problem TEXT NOT NULL,
    CHECK ((state = 'graded') = (report IS NOT NULL))
);
CREATE INDEX grading_queue ON grading (course, state);
CREATE INDEX grading_submission ON grading (submission);
-- Tokens with which a notebook submits and does nothing else; stored as HMACs.
CREATE TABLE submit_token (
    hash TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    label TEXT NOT NULL,
    made_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT
);
CREATE INDEX submit_token_person ON submit_token (course, person);
