CREATE TABLE lti_nonce (
    nonce TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL
);
CREATE INDEX lti_nonce_at ON lti_nonce (at);
CREATE TABLE lti_user (
    issuer TEXT NOT NULL, subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX lti_user_person ON lti_user (person);
CREATE TABLE lti_link (
    issuer TEXT NOT NULL, client TEXT NOT NULL, resource TEXT NOT NULL,
    quiz TEXT NOT NULL REFERENCES quiz (id),
    line_item TEXT NOT NULL, line_items TEXT NOT NULL, members TEXT NOT NULL,
    PRIMARY KEY (issuer, client, resource)
);
CREATE INDEX lti_link_quiz ON lti_link (quiz);
