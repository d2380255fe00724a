-- Groups that staff import or students form themselves; groups.csv holds where there are none here.
CREATE TABLE homework_group (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id), assignment TEXT NOT NULL,
    name TEXT NOT NULL, letters TEXT NOT NULL,
    at BIGINT NOT NULL, by_whom TEXT NOT NULL
);
CREATE UNIQUE INDEX homework_group_name ON homework_group (course, assignment, letters);
CREATE TABLE group_member (
    group_id BIGINT NOT NULL REFERENCES homework_group (id),
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (group_id, person)
);
CREATE INDEX group_member_person ON group_member (person);
CREATE TABLE group_sign_up (
    course TEXT NOT NULL REFERENCES course (id), assignment TEXT NOT NULL,
    largest INTEGER NOT NULL CHECK (largest > 1), until BIGINT,
    PRIMARY KEY (course, assignment)
);
