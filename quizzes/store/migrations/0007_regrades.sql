-- A proposal is a list: for each attempt what it would change, and what became of it at the release.
ALTER TABLE regrade_run ADD COLUMN base TEXT;
ALTER TABLE regrade_run ADD COLUMN released_by TEXT;
CREATE TABLE regrade_change (
    run BIGINT NOT NULL REFERENCES regrade_run (id),
    attempt TEXT NOT NULL REFERENCES attempt (id),
    key_before TEXT NOT NULL, points_before TEXT NOT NULL, points_after TEXT NOT NULL,
    marks TEXT NOT NULL, note TEXT NOT NULL, done_at BIGINT, outcome TEXT NOT NULL,
    PRIMARY KEY (run, attempt)
);
CREATE INDEX regrade_change_done ON regrade_change (done_at, run);
