-- Roles on two axes, sections, dropped and test students, and sessions that look as a student.
ALTER TABLE enrolment ADD COLUMN content TEXT NOT NULL DEFAULT '' CHECK (content IN ('', 'none', 'edit'));
ALTER TABLE enrolment ADD COLUMN students TEXT NOT NULL DEFAULT ''
    CHECK (students IN ('', 'none', 'assigned', 'sections', 'all'));
ALTER TABLE enrolment ADD COLUMN dropped_at BIGINT;
ALTER TABLE enrolment ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE section_member (
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    section TEXT NOT NULL,
    PRIMARY KEY (course, person, section)
);
CREATE INDEX section_member_section ON section_member (course, section);
CREATE TABLE assigned_student (
    course TEXT NOT NULL REFERENCES course (id), staff TEXT NOT NULL REFERENCES person (id),
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (course, staff, person)
);
ALTER TABLE session ADD COLUMN looks_as TEXT;
-- Tokens with which programs of staff do what staff do on pages; stored as HMACs.
CREATE TABLE staff_token (
    hash TEXT NOT NULL PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    label TEXT NOT NULL,
    made_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT
);
CREATE INDEX staff_token_person ON staff_token (course, person);
