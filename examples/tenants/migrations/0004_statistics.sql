-- What was counted last: one row.
CREATE TABLE statistics (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    at    TEXT NOT NULL, -- RFC 3339
    notes INTEGER NOT NULL,
    audit INTEGER NOT NULL
) STRICT;
