-- What a column may say is said by the database, and what belongs to a question refers to it.
-- Version 0.1 took any role but `student` for staff who may preview a quiz; they stay that.
CREATE TABLE new_enrolment (
    course TEXT NOT NULL REFERENCES course (id),
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('student', 'ta', 'instructor', 'staff')),
    label TEXT NOT NULL, multiplier TEXT NOT NULL, extra BIGINT NOT NULL CHECK (extra >= 0),
    PRIMARY KEY (course, person)
);
INSERT INTO new_enrolment (course, person, role, label, multiplier, extra)
    SELECT course, person, CASE WHEN role IN ('student', 'ta', 'instructor') THEN role ELSE 'staff' END, label, multiplier,
        CASE WHEN extra < 0 THEN 0 ELSE extra END
    FROM enrolment;
DROP TABLE enrolment;
ALTER TABLE new_enrolment RENAME TO enrolment;
CREATE TABLE new_override (
    quiz TEXT NOT NULL REFERENCES quiz (id),
    scope TEXT NOT NULL CHECK (scope IN ('person', 'label')),
    who TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (quiz, scope, who, field)
);
INSERT INTO new_override (quiz, scope, who, field, value)
    SELECT quiz, scope, who, field, value FROM quiz_override WHERE scope IN ('person', 'label');
DROP TABLE quiz_override;
ALTER TABLE new_override RENAME TO quiz_override;
CREATE TABLE new_flag (
    attempt TEXT NOT NULL, pos INTEGER NOT NULL,
    PRIMARY KEY (attempt, pos),
    FOREIGN KEY (attempt, pos) REFERENCES attempt_item (attempt, pos)
);
INSERT INTO new_flag (attempt, pos)
    SELECT flag.attempt, flag.pos FROM flag
    JOIN attempt_item ON attempt_item.attempt = flag.attempt AND attempt_item.pos = flag.pos;
DROP TABLE flag;
ALTER TABLE new_flag RENAME TO flag;
CREATE TABLE new_regrade_request (
    attempt TEXT NOT NULL, pos INTEGER NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL,
    answered_at BIGINT, who TEXT, reply TEXT,
    PRIMARY KEY (attempt, pos),
    FOREIGN KEY (attempt, pos) REFERENCES attempt_item (attempt, pos)
);
INSERT INTO new_regrade_request (attempt, pos, at, text, answered_at, who, reply)
    SELECT attempt, pos, at, text, answered_at, who, reply FROM regrade_request;
DROP TABLE regrade_request;
ALTER TABLE new_regrade_request RENAME TO regrade_request;
CREATE TABLE new_answer_event (
    attempt TEXT NOT NULL, seq INTEGER NOT NULL, at BIGINT NOT NULL, pos INTEGER NOT NULL,
    rev INTEGER NOT NULL, base_rev INTEGER NOT NULL, save_id TEXT NOT NULL, response TEXT NOT NULL,
    problem TEXT NOT NULL, in_grace BOOLEAN NOT NULL, late BOOLEAN NOT NULL, client TEXT NOT NULL,
    PRIMARY KEY (attempt, seq),
    FOREIGN KEY (attempt, pos) REFERENCES attempt_item (attempt, pos)
);
INSERT INTO new_answer_event (attempt, seq, at, pos, rev, base_rev, save_id, response, problem, in_grace, late, client)
    SELECT attempt, seq, at, pos, rev, base_rev, save_id, response, problem, in_grace, late, client
    FROM answer_event;
DROP TABLE answer_event;
ALTER TABLE new_answer_event RENAME TO answer_event;
CREATE UNIQUE INDEX answer_event_save ON answer_event (attempt, save_id) WHERE problem = '' AND NOT late;
CREATE INDEX answer_event_at ON answer_event (at);
{check_state};
