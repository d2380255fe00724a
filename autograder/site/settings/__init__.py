"""Settings and operations in the browser: course.yaml, tokens, backups, the log, maintenance, a new term."""
