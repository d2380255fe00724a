CREATE TABLE lti_context (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, context TEXT NOT NULL,
    title TEXT NOT NULL, asked_at BIGINT NOT NULL, connected_at BIGINT, connected_by TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, context)
);
CREATE TABLE lti_member (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, context TEXT NOT NULL,
    subject TEXT NOT NULL, launched TEXT NOT NULL, listed TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, context, subject)
);
CREATE INDEX lti_member_subject ON lti_member (issuer, subject);
CREATE TABLE lti_match (
    issuer TEXT NOT NULL, subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL, email TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX lti_match_person ON lti_match (person);
CREATE TABLE lti_person (
    person TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    role TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL
);
INSERT INTO lti_person
    SELECT person.id, enrolment.role, person.name, coalesce(person.email, '')
    FROM person JOIN enrolment ON enrolment.person = person.id
    WHERE substr(person.id, 1, 4) = 'lti-' AND person.id IN (SELECT lti_user.person FROM lti_user);
INSERT INTO lti_person
    SELECT enrolment.person, 'student', '', '' FROM enrolment
    WHERE enrolment.role = 'student' AND substr(enrolment.person, 1, 4) <> 'lti-'
    AND enrolment.person IN (SELECT lti_user.person FROM lti_user);
CREATE TABLE lti_link_of_context (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, resource TEXT NOT NULL,
    context TEXT NOT NULL,
    quiz TEXT NOT NULL REFERENCES quiz (id),
    line_item TEXT NOT NULL, line_items TEXT NOT NULL, members TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, resource)
);
INSERT INTO lti_link_of_context
    SELECT issuer, client, '', resource, '', quiz, line_item, line_items, members FROM lti_link;
DROP TABLE lti_link;
ALTER TABLE lti_link_of_context RENAME TO lti_link;
CREATE INDEX lti_link_quiz ON lti_link (quiz);
