CREATE TABLE lti_score (
    issuer TEXT NOT NULL, client TEXT NOT NULL, deployment TEXT NOT NULL, resource TEXT NOT NULL,
    subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    quiz TEXT NOT NULL REFERENCES quiz (id),
    state TEXT NOT NULL, rev BIGINT NOT NULL, tries BIGINT NOT NULL, next_at BIGINT NOT NULL,
    due_at BIGINT, sent_at BIGINT, problem TEXT NOT NULL,
    PRIMARY KEY (issuer, client, deployment, resource, subject),
    CHECK (state IN ('waiting', 'held', 'sent', 'failed', 'retired'))
);
CREATE INDEX lti_score_due ON lti_score (state, next_at);
CREATE INDEX lti_score_person ON lti_score (person, quiz);
