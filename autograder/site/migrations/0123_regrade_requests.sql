-- Regrade requests of homework and quizzes in one place, with everything that was said.
CREATE TABLE regrade_case (
    id {serial}, course TEXT NOT NULL REFERENCES course (id),
    kind TEXT NOT NULL CHECK (kind IN ('homework', 'quiz')), work TEXT NOT NULL,
    answer TEXT NOT NULL, part TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id), marker TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'appealed', 'closed')),
    changed BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX regrade_request_answer ON regrade_case (kind, answer, part, person);
CREATE INDEX regrade_request_person ON regrade_case (course, person);
CREATE TABLE regrade_message (
    id {serial}, request BIGINT NOT NULL REFERENCES regrade_case (id),
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL, before TEXT, after TEXT
);
CREATE INDEX regrade_message_request ON regrade_message (request);
INSERT INTO regrade_case (course, kind, work, answer, part, person, marker, at, state, changed)
    SELECT quiz.course, 'quiz', quiz.id, regrade_request.attempt, CAST(regrade_request.pos AS TEXT),
        attempt.person, coalesce(regrade_request.who, ''), regrade_request.at,
        CASE WHEN regrade_request.answered_at IS NULL THEN 'open' ELSE 'answered' END, FALSE
    FROM regrade_request JOIN attempt ON attempt.id = regrade_request.attempt
        JOIN quiz ON quiz.id = attempt.quiz;
INSERT INTO regrade_message (request, person, at, who, text)
    SELECT regrade_case.id, regrade_case.person, regrade_request.at, regrade_case.person, regrade_request.text
    FROM regrade_request JOIN regrade_case ON regrade_case.kind = 'quiz'
        AND regrade_case.answer = regrade_request.attempt
        AND regrade_case.part = CAST(regrade_request.pos AS TEXT);
INSERT INTO regrade_message (request, person, at, who, text)
    SELECT regrade_case.id, regrade_case.person, regrade_request.answered_at, coalesce(regrade_request.who, ''),
        coalesce(regrade_request.reply, '')
    FROM regrade_request JOIN regrade_case ON regrade_case.kind = 'quiz'
        AND regrade_case.answer = regrade_request.attempt
        AND regrade_case.part = CAST(regrade_request.pos AS TEXT)
    WHERE regrade_request.answered_at IS NOT NULL;
DROP TABLE regrade_request;
ALTER TABLE regrade_case RENAME TO regrade_request;
