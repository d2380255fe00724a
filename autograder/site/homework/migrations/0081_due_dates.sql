-- Rules of due dates, late days that students spend, and requests for extensions.
CREATE TABLE due_rule (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id),
    scope TEXT NOT NULL CHECK (scope IN ('all', 'section', 'label', 'person')), who TEXT NOT NULL,
    assignment TEXT NOT NULL,
    moves BOOLEAN NOT NULL,
    until BIGINT, days INTEGER NOT NULL, minutes INTEGER NOT NULL,
    no_penalty BOOLEAN NOT NULL, excused BOOLEAN NOT NULL,
    reason TEXT NOT NULL, at BIGINT NOT NULL, by_whom TEXT NOT NULL,
    ended_at BIGINT, ended_by TEXT
);
CREATE INDEX due_rule_current ON due_rule (course, ended_at);
CREATE TABLE late_day (
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    assignment TEXT NOT NULL,
    days INTEGER NOT NULL CHECK (days > 0), at BIGINT NOT NULL,
    PRIMARY KEY (course, person, assignment)
);
CREATE TABLE extension_request (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    assignment TEXT NOT NULL,
    days INTEGER NOT NULL, text TEXT NOT NULL, at BIGINT NOT NULL,
    answered_at BIGINT, by_whom TEXT NOT NULL, approved BOOLEAN NOT NULL, reply TEXT NOT NULL
);
CREATE INDEX extension_request_person ON extension_request (course, person);
