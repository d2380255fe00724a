-- Marking by hand: rubrics by question, assigned work, and changes of rubrics that alter given marks.
CREATE TABLE rubric (
    course TEXT NOT NULL REFERENCES course (id), kind TEXT NOT NULL, work TEXT NOT NULL, question TEXT NOT NULL,
    from_full BOOLEAN NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (course, kind, work, question)
);
CREATE TABLE rubric_item (
    course TEXT NOT NULL, kind TEXT NOT NULL, work TEXT NOT NULL, question TEXT NOT NULL,
    item TEXT NOT NULL,
    place INTEGER NOT NULL, text TEXT NOT NULL, points TEXT NOT NULL, removed_at BIGINT,
    PRIMARY KEY (course, kind, work, question, item),
    FOREIGN KEY (course, kind, work, question) REFERENCES rubric (course, kind, work, question)
);
CREATE TABLE saved_comment (
    id {serial}, course TEXT NOT NULL REFERENCES course (id),
    kind TEXT NOT NULL, work TEXT NOT NULL, question TEXT NOT NULL,
    text TEXT NOT NULL, who TEXT NOT NULL, at BIGINT NOT NULL, removed_at BIGINT
);
CREATE INDEX saved_comment_question ON saved_comment (course, kind, work, question);
CREATE TABLE marking_note (
    id {serial}, course TEXT NOT NULL REFERENCES course (id),
    kind TEXT NOT NULL, answer TEXT NOT NULL, question TEXT NOT NULL,
    who TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX marking_note_answer ON marking_note (kind, answer);
CREATE TABLE assigned_answer (
    course TEXT NOT NULL REFERENCES course (id), kind TEXT NOT NULL, work TEXT NOT NULL, question TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id), marker TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (course, kind, work, question, person)
);
CREATE INDEX assigned_answer_marker ON assigned_answer (course, marker);
CREATE TABLE marking_conflict (
    course TEXT NOT NULL REFERENCES course (id),
    marker TEXT NOT NULL REFERENCES person (id), person TEXT NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL, who TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (course, marker, person)
);
CREATE TABLE recalculation (
    id {serial}, course TEXT NOT NULL REFERENCES course (id),
    kind TEXT NOT NULL, work TEXT NOT NULL, question TEXT NOT NULL,
    who TEXT NOT NULL, at BIGINT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX recalculation_question ON recalculation (course, kind, work, question);
CREATE TABLE recalculation_change (
    run BIGINT NOT NULL REFERENCES recalculation (id), answer TEXT NOT NULL, part TEXT NOT NULL,
    seen BIGINT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, done_at BIGINT, outcome TEXT NOT NULL,
    PRIMARY KEY (run, answer, part)
);
CREATE INDEX recalculation_change_done ON recalculation_change (done_at, run);
