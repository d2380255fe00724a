CREATE TABLE notice (
    id {serial},
    quiz TEXT NOT NULL REFERENCES quiz (id),
    at BIGINT NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX notice_quiz ON notice (quiz);
CREATE TABLE request (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    pos INTEGER NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL,
    answered_at BIGINT, who TEXT, reply TEXT,
    PRIMARY KEY (attempt, pos)
);
CREATE INDEX answer_event_at ON answer_event (at);
