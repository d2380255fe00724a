-- Marks are only ever added, in one table for every kind of work. Points are decimal numbers as text.
CREATE TABLE mark (
    id {serial},
    kind TEXT NOT NULL, work TEXT NOT NULL, part TEXT NOT NULL,
    points TEXT,
    source TEXT NOT NULL CHECK (source IN ('auto', 'manual', 'sandbox', 'import')),
    who TEXT NOT NULL, at BIGINT NOT NULL, reason TEXT NOT NULL,
    key_version TEXT NOT NULL, grader_version TEXT NOT NULL, answer_rev INTEGER NOT NULL,
    pending BOOLEAN NOT NULL, detail TEXT NOT NULL,
    CHECK (points IS NOT NULL OR source = 'manual')
);
CREATE INDEX mark_work ON mark (kind, work);
CREATE TABLE waiting_mark (
    kind TEXT NOT NULL, work TEXT NOT NULL, part TEXT NOT NULL,
    at BIGINT NOT NULL, why TEXT NOT NULL CHECK (why IN ('pending', 'trouble', 'changed')),
    PRIMARY KEY (kind, work, part)
);
-- The row that counted comes last. A person's mark names its author in the detail.
INSERT INTO mark (kind, work, part, points, source, who, at, reason, key_version, grader_version, answer_rev, pending, detail)
    SELECT 'quiz', attempt, CAST(pos AS TEXT), CAST(points AS TEXT),
        CASE WHEN author <> '' OR grader_version LIKE 'hand %' OR grader_version LIKE 'manual %'
            THEN 'manual' ELSE 'auto' END,
        CASE WHEN author <> '' THEN substr(author, 1, {find}(author, '"') - 1) ELSE '' END,
        at, '', key_version, grader_version, answer_rev,
        detail LIKE '%"pending": true%', detail
    FROM (
        SELECT grade.*, CASE WHEN detail LIKE '%"detail": {{"by": "%'
            THEN substr(detail, {find}(detail, '"by": "') + 7) ELSE '' END AS author
        FROM grade
    ) AS old
    ORDER BY attempt, pos, current, at;
-- Where version 0.1 counted an automatic mark over a person's, the score stays, and staff are asked.
INSERT INTO mark (kind, work, part, points, source, who, at, reason, key_version, grader_version, answer_rev, pending, detail)
    SELECT 'quiz', grade.attempt, CAST(grade.pos AS TEXT), NULL, 'manual', 'version 0.1', grade.at,
        'Version 0.1 counted the automatic mark, not the manual one.',
        grade.key_version, grade.grader_version, grade.answer_rev, FALSE, '{{}}'
    FROM grade JOIN attempt ON attempt.id = grade.attempt
    WHERE grade.current AND attempt.state = 'graded'
        AND NOT EXISTS (
            SELECT 1 FROM mark WHERE mark.work = grade.attempt AND mark.part = CAST(grade.pos AS TEXT)
                AND mark.source = 'manual' AND mark.key_version = grade.key_version
                AND mark.grader_version = grade.grader_version AND mark.answer_rev = grade.answer_rev
        )
        AND EXISTS (
            SELECT 1 FROM mark WHERE mark.work = grade.attempt AND mark.part = CAST(grade.pos AS TEXT)
                AND mark.source = 'manual'
        );
INSERT INTO waiting_mark (kind, work, part, at, why)
    SELECT 'quiz', grade.attempt, CAST(grade.pos AS TEXT), grade.at,
        CASE WHEN grade.detail LIKE '%"trouble": "%' THEN 'trouble' ELSE 'pending' END
    FROM grade JOIN attempt ON attempt.id = grade.attempt
    WHERE grade.current AND attempt.state = 'graded' AND grade.detail LIKE '%"pending": true%';
INSERT INTO waiting_mark (kind, work, part, at, why)
    SELECT kind, work, part, max(at), 'changed' FROM mark
    WHERE points IS NULL AND NOT EXISTS (
        SELECT 1 FROM waiting_mark WHERE waiting_mark.kind = mark.kind AND waiting_mark.work = mark.work
            AND waiting_mark.part = mark.part
    )
    GROUP BY kind, work, part;
DROP TABLE grade;
ALTER TABLE attempt_item RENAME COLUMN points TO old_points;
ALTER TABLE attempt_item ADD COLUMN points TEXT NOT NULL DEFAULT '0';
UPDATE attempt_item SET points = CAST(old_points AS TEXT);
ALTER TABLE attempt_item DROP COLUMN old_points;
