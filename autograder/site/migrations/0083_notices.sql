-- Notices on the site and by mail, by kind and choice; announcements; releases that can be undone.
CREATE TABLE notification (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL, at BIGINT NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL,
    once TEXT NOT NULL,
    seen_at BIGINT
);
CREATE UNIQUE INDEX notification_once ON notification (once);
CREATE INDEX notification_person ON notification (course, person);
CREATE TABLE notification_choice (
    course TEXT NOT NULL REFERENCES course (id), person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    on_site BOOLEAN NOT NULL, by_mail BOOLEAN NOT NULL,
    PRIMARY KEY (course, person, kind)
);
CREATE TABLE announcement (
    id {serial},
    course TEXT NOT NULL REFERENCES course (id),
    at BIGINT NOT NULL, by_whom TEXT NOT NULL,
    audience TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE announcement_recipient (
    announcement BIGINT NOT NULL REFERENCES announcement (id),
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (announcement, person)
);
