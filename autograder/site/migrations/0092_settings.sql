-- What staff do without a terminal: versions of edited files, settings of the server.
CREATE TABLE file_version (
    id {serial},
    path TEXT NOT NULL,
    digest TEXT NOT NULL, content TEXT NOT NULL,
    at BIGINT NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX file_version_path ON file_version (path, id);
CREATE TABLE site_setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL, at BIGINT NOT NULL, who TEXT NOT NULL
);
-- A user of an identity provider: OpenID Connect or SAML.
CREATE TABLE sso_user (
    provider TEXT NOT NULL, subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (provider, subject)
);
CREATE INDEX sso_user_person ON sso_user (person);
