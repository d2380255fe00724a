-- Links and scores are of quizzes and of assignments, which are in no table; a delivery knows what it sent.
CREATE TABLE lti_link_of_work (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, resource TEXT NOT NULL,
    context TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('quiz', 'assignment')),
    work TEXT NOT NULL,
    line_item TEXT NOT NULL, line_items TEXT NOT NULL, members TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, resource)
);
INSERT INTO lti_link_of_work
    SELECT issuer, client, deployment, resource, context, 'quiz', quiz, line_item, line_items, members FROM lti_link;
DROP TABLE lti_link;
ALTER TABLE lti_link_of_work RENAME TO lti_link;
CREATE INDEX lti_link_work ON lti_link (kind, work);
CREATE TABLE lti_score_of_work (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, resource TEXT NOT NULL,
    subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('quiz', 'assignment')),
    work TEXT NOT NULL,
    state TEXT NOT NULL, rev BIGINT NOT NULL, tries BIGINT NOT NULL, next_at BIGINT NOT NULL,
    due_at BIGINT, sent_at BIGINT, sent TEXT NOT NULL, problem TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, resource, subject),
    CHECK (state IN ('waiting', 'held', 'sent', 'failed', 'retired'))
);
INSERT INTO lti_score_of_work
    SELECT issuer, client, deployment, resource, subject, person, 'quiz', quiz,
        state, rev, tries, next_at, due_at, sent_at, '', problem FROM lti_score;
DROP TABLE lti_score;
ALTER TABLE lti_score_of_work RENAME TO lti_score;
CREATE INDEX lti_score_due ON lti_score (state, next_at);
CREATE INDEX lti_score_person ON lti_score (person, kind, work);
-- A registration that a platform made by itself; without `enabled_at` it waits for an instructor.
CREATE TABLE lti_platform (
    issuer TEXT NOT NULL, client TEXT NOT NULL,
    login_url TEXT NOT NULL, token_url TEXT NOT NULL, keys_url TEXT NOT NULL, audience TEXT NOT NULL,
    title TEXT NOT NULL, registered_at BIGINT NOT NULL, enabled_at BIGINT, enabled_by TEXT NOT NULL,
    PRIMARY KEY (issuer, client)
);
