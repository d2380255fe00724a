-- Regrades of homework: their gradings count only when the difference was seen and released.
CREATE TABLE homework_regrade (
    id {serial}, course TEXT NOT NULL REFERENCES course (id), assignment TEXT NOT NULL,
    bundle TEXT NOT NULL REFERENCES bundle (digest),
    scope TEXT NOT NULL CHECK (scope IN ('counting', 'all')),
    reason TEXT NOT NULL, who TEXT NOT NULL, at BIGINT NOT NULL,
    stopped_at BIGINT, discarded_at BIGINT, released_at BIGINT, released_by TEXT
);
CREATE INDEX homework_regrade_assignment ON homework_regrade (course, assignment);
ALTER TABLE grading ADD COLUMN regrade BIGINT REFERENCES homework_regrade (id);
ALTER TABLE grading ADD COLUMN applied_at BIGINT;
ALTER TABLE grading ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE grading ADD COLUMN basis TEXT NOT NULL DEFAULT '{{}}';
CREATE INDEX grading_regrade ON grading (regrade);
