ALTER TABLE attempt RENAME COLUMN pen TO lock;
ALTER TABLE answer RENAME COLUMN raw TO response;
ALTER TABLE answer_event RENAME COLUMN raw TO response;
CREATE TABLE regrade_request (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    pos INTEGER NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL,
    answered_at BIGINT, who TEXT, reply TEXT,
    PRIMARY KEY (attempt, pos)
);
INSERT INTO regrade_request (attempt, pos, at, text, answered_at, who, reply)
    SELECT attempt, pos, at, text, answered_at, who, reply FROM request;
DROP TABLE request;
