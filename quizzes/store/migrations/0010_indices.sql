-- An act that a form asks for is done once, however often the form is sent; acts are found by their subject.
ALTER TABLE audit ADD COLUMN once TEXT;
CREATE UNIQUE INDEX audit_once ON audit (once);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE INDEX session_ends ON session (ends_at);
CREATE INDEX failed_sign_in_at ON failed_sign_in (at);
-- Whether an answer says something, so that nobody has to read it to count.
ALTER TABLE answer ADD COLUMN answered BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE answer SET answered = FALSE WHERE response IN ('null', '""', '[]', '{{}}');
