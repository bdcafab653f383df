CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL, -- RFC 3339
    action  TEXT NOT NULL CHECK (action IN ('created', 'deleted')),
    note_id INTEGER NOT NULL -- outlives the note
) STRICT;
