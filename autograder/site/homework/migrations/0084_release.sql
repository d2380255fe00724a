-- A release waits some minutes, so that it can be undone, and is announced once.
ALTER TABLE homework ADD COLUMN release_at BIGINT;
ALTER TABLE homework ADD COLUMN announced_at BIGINT;
UPDATE homework SET announced_at = 0;
