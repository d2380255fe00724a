CREATE TABLE session (
    token TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    made_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, client TEXT NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE TABLE credential (
    hash TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL, ends_at BIGINT, used_at BIGINT
);
CREATE INDEX credential_person ON credential (person, kind);
CREATE TABLE failed_sign_in (
    id {serial},
    who TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX failed_sign_in_who ON failed_sign_in (who, at);
CREATE TABLE flag (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    pos INTEGER NOT NULL,
    PRIMARY KEY (attempt, pos)
);
