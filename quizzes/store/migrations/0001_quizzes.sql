CREATE TABLE course (id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, tz TEXT NOT NULL);
CREATE TABLE person (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT);
CREATE TABLE enrolment (
    course TEXT NOT NULL REFERENCES course (id),
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL, label TEXT NOT NULL, multiplier TEXT NOT NULL, extra BIGINT NOT NULL,
    PRIMARY KEY (course, person)
);
CREATE TABLE quiz_version (
    hash TEXT NOT NULL PRIMARY KEY, content {bytes} NOT NULL, published_at BIGINT NOT NULL
);
CREATE TABLE quiz (
    id TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id),
    slug TEXT NOT NULL, title TEXT NOT NULL,
    version TEXT NOT NULL REFERENCES quiz_version (hash),
    opens_at BIGINT NOT NULL, due_at BIGINT, closes_at BIGINT, time_limit BIGINT, grace BIGINT NOT NULL,
    extend_close BOOLEAN NOT NULL, attempts INTEGER,
    UNIQUE (course, slug)
);
CREATE TABLE quiz_override (
    quiz TEXT NOT NULL REFERENCES quiz (id),
    scope TEXT NOT NULL, who TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (quiz, scope, who, field)
);
CREATE TABLE attempt (
    id TEXT NOT NULL PRIMARY KEY,
    quiz TEXT NOT NULL REFERENCES quiz (id),
    version TEXT NOT NULL REFERENCES quiz_version (hash),
    person TEXT NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL, seed TEXT NOT NULL, preview BOOLEAN NOT NULL, state TEXT NOT NULL,
    started_at BIGINT NOT NULL, deadline_at BIGINT, due_at BIGINT, grace BIGINT NOT NULL,
    finished_at BIGINT, finished_by TEXT, pen TEXT NOT NULL, seq INTEGER NOT NULL,
    UNIQUE (quiz, person, number)
);
CREATE UNIQUE INDEX attempt_open ON attempt (quiz, person) WHERE state = 'open';
CREATE INDEX attempt_deadline ON attempt (state, deadline_at);
CREATE TABLE attempt_item (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    pos INTEGER NOT NULL, question_hash TEXT NOT NULL, params TEXT NOT NULL, option_order TEXT NOT NULL,
    points DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (attempt, pos)
);
CREATE TABLE answer (
    attempt TEXT NOT NULL, pos INTEGER NOT NULL,
    rev INTEGER NOT NULL, raw TEXT NOT NULL, received_at BIGINT NOT NULL,
    PRIMARY KEY (attempt, pos),
    FOREIGN KEY (attempt, pos) REFERENCES attempt_item (attempt, pos)
);
CREATE TABLE answer_event (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    seq INTEGER NOT NULL, at BIGINT NOT NULL, pos INTEGER NOT NULL,
    rev INTEGER NOT NULL, base_rev INTEGER NOT NULL, save_id TEXT NOT NULL, raw TEXT NOT NULL,
    problem TEXT NOT NULL, in_grace BOOLEAN NOT NULL, late BOOLEAN NOT NULL, client TEXT NOT NULL,
    PRIMARY KEY (attempt, seq)
);
CREATE UNIQUE INDEX answer_event_save ON answer_event (attempt, save_id) WHERE problem = '' AND NOT late;
CREATE TABLE attempt_event (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    seq INTEGER NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (attempt, seq)
);
CREATE TABLE grade (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    pos INTEGER NOT NULL,
    key_version TEXT NOT NULL, grader_version TEXT NOT NULL, answer_rev INTEGER NOT NULL,
    points DOUBLE PRECISION NOT NULL, detail TEXT NOT NULL, at BIGINT NOT NULL, current BOOLEAN NOT NULL,
    PRIMARY KEY (attempt, pos, key_version, grader_version, answer_rev)
);
CREATE TABLE regrade_run (
    id {serial},
    quiz TEXT NOT NULL REFERENCES quiz (id),
    key_version TEXT NOT NULL, grader_version TEXT NOT NULL, who TEXT NOT NULL, diff TEXT NOT NULL,
    at BIGINT NOT NULL, released_at BIGINT
);
CREATE TABLE receipt (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    seq INTEGER NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, signature TEXT NOT NULL,
    PRIMARY KEY (attempt, seq)
);
CREATE TABLE outbox (
    id {serial},
    kind TEXT NOT NULL, once TEXT NOT NULL UNIQUE, payload TEXT NOT NULL, tries INTEGER NOT NULL,
    next_at BIGINT NOT NULL, done_at BIGINT, last_problem TEXT
);
CREATE INDEX outbox_due ON outbox (done_at, next_at);
CREATE TABLE audit (
    id {serial},
    at BIGINT NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
);
