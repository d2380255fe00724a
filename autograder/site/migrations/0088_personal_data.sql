-- Files of people who were erased: the ledger still names them, and they are gone on purpose.
CREATE TABLE erased_file (
    digest TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    gone_at BIGINT
);
