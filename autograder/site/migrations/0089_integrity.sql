-- Cases of academic integrity: whom and what, a hold on scores, evidence, notes, outcome.
CREATE TABLE integrity_case (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id),
    work TEXT NOT NULL, title TEXT NOT NULL,
    held BOOLEAN NOT NULL,
    at BIGINT NOT NULL, by_whom TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ended_at BIGINT, ended_by TEXT
);
CREATE TABLE integrity_person (
    case_id BIGINT NOT NULL REFERENCES integrity_case (id), person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (case_id, person)
);
CREATE INDEX integrity_person_person ON integrity_person (person);
CREATE TABLE integrity_note (
    id {serial},
    case_id BIGINT NOT NULL REFERENCES integrity_case (id),
    at BIGINT NOT NULL, by_whom TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX integrity_note_case ON integrity_note (case_id);
CREATE TABLE integrity_evidence (
    id {serial},
    case_id BIGINT NOT NULL REFERENCES integrity_case (id),
    at BIGINT NOT NULL, by_whom TEXT NOT NULL,
    file TEXT NOT NULL, digest TEXT NOT NULL, size BIGINT NOT NULL
);
CREATE INDEX integrity_evidence_case ON integrity_evidence (case_id);
