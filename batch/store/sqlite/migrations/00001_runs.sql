-- +goose Up
-- Times are microseconds since 1970, UTC. crc is the CRC-32C of a record's content, see checksum.go.

-- "bnum": a database of bulknum.
PRAGMA application_id = 0x626e756d;

CREATE TABLE store (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    id         TEXT    NOT NULL,
    min_reader INTEGER NOT NULL,
    min_writer INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    made_by    TEXT,
    -- Where all of it was copied to: it is not used any more. And from which store all is being copied to it: not yet.
    moved_to    TEXT,
    moving_from TEXT
) STRICT;
INSERT INTO store VALUES (1, lower(hex(randomblob(16))), 1, 1, 0, CAST(unixepoch('subsec') * 1000000 AS INTEGER), NULL, NULL, NULL);

CREATE TABLE accounts (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    api    TEXT    NOT NULL,
    name   TEXT,
    merged INTEGER REFERENCES accounts (id),
    -- How many numbers a page of the inventory can be asked to have, as was found; NULL: nothing was found.
    page_size INTEGER,
    -- The rate that stays below the limit that was learnt, and when that was; NULL: nothing was learnt.
    rate    TEXT,
    rate_at INTEGER
) STRICT;
CREATE UNIQUE INDEX accounts_name ON accounts (api, name) WHERE name IS NOT NULL AND merged IS NULL;
CREATE INDEX accounts_merged ON accounts (merged) WHERE merged IS NOT NULL;

CREATE TABLE keys (
    api     TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (api, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_account ON keys (account);

CREATE TABLE inputs (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256  TEXT,
    bytes   INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX inputs_sha256 ON inputs (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE input_chunks (
    input   INTEGER NOT NULL REFERENCES inputs (id),
    n       INTEGER NOT NULL,
    content BLOB    NOT NULL,
    crc     INTEGER NOT NULL,
    PRIMARY KEY (input, n)
) STRICT;

CREATE TABLE runs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    sequence     INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    job          TEXT    NOT NULL,
    account      INTEGER NOT NULL REFERENCES accounts (id),
    key          TEXT    NOT NULL,
    started_at   INTEGER,
    dry_run      INTEGER NOT NULL,
    cutover      INTEGER NOT NULL,
    rollback_of  INTEGER,
    identity     TEXT,
    input        INTEGER NOT NULL REFERENCES inputs (id),
    input_file   TEXT    NOT NULL,
    crc          INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX runs_name ON runs (name) WHERE deleted_at IS NULL;
CREATE INDEX runs_job ON runs (account, job, id);
CREATE INDEX runs_rollback ON runs (rollback_of) WHERE rollback_of IS NOT NULL;
CREATE INDEX runs_input ON runs (input);
CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE milestones (
    sequence INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES runs (id),
    kind     TEXT    NOT NULL,
    at       INTEGER,
    doc      TEXT,
    waves    BLOB,
    crc      INTEGER NOT NULL
) STRICT;
CREATE INDEX milestones_run ON milestones (run, sequence);

-- A block's numbers are beside it, so that finding a number reads no content.
CREATE TABLE plan_blocks (
    run        INTEGER NOT NULL REFERENCES runs (id),
    n          INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    last_line  INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    content    BLOB    NOT NULL,
    crc        INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT;
CREATE TABLE plan_numbers (
    run     INTEGER NOT NULL REFERENCES runs (id),
    n       INTEGER NOT NULL,
    numbers BLOB    NOT NULL,
    crc     INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT; -- with rows of its own: a block's numbers are too long for a tree's key

-- How many blocks a finished plan has.
CREATE TABLE plan_ends (
    run    INTEGER PRIMARY KEY REFERENCES runs (id),
    blocks INTEGER NOT NULL,
    crc    INTEGER NOT NULL
) STRICT;

CREATE TABLE reading_blocks (
    run     INTEGER NOT NULL REFERENCES runs (id),
    n       INTEGER NOT NULL,
    phase   INTEGER NOT NULL,
    content BLOB    NOT NULL,
    crc     INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT;

CREATE TABLE intents (
    sequence INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES runs (id),
    line     INTEGER NOT NULL,
    account  INTEGER NOT NULL,
    number   TEXT    NOT NULL,
    at       INTEGER,
    changes  TEXT    NOT NULL,
    crc      INTEGER NOT NULL
) STRICT;
CREATE INDEX intents_number ON intents (account, number, sequence);
CREATE INDEX intents_run ON intents (run, number, sequence);

-- Intents that have no result.
CREATE TABLE in_flight (
    run      INTEGER NOT NULL REFERENCES runs (id),
    line     INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (run, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
    sequence            INTEGER PRIMARY KEY,
    run                 INTEGER NOT NULL REFERENCES runs (id),
    line                INTEGER NOT NULL,
    row                 INTEGER NOT NULL,
    number              TEXT    NOT NULL,
    status              TEXT    NOT NULL,
    update_order_id     TEXT,
    update_order_status TEXT,
    update_order_date   TEXT,
    http_status         INTEGER,
    attempts            INTEGER NOT NULL,
    changes             TEXT,
    error               TEXT,
    started_at          INTEGER,
    duration_ms         INTEGER,
    settings            TEXT,
    at                  INTEGER,
    crc                 INTEGER NOT NULL
) STRICT;
CREATE INDEX results_run ON results (run, line, sequence, status);

CREATE TABLE request_blocks (
    run     INTEGER NOT NULL REFERENCES runs (id),
    n       INTEGER NOT NULL,
    content BLOB    NOT NULL,
    crc     INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT;

CREATE TABLE verifications (
    sequence INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES runs (id),
    line     INTEGER NOT NULL,
    number   TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    doc      TEXT,
    crc      INTEGER NOT NULL
) STRICT;
CREATE INDEX verifications_run ON verifications (run, line, sequence);

CREATE TABLE skipped (
    run    INTEGER NOT NULL REFERENCES runs (id),
    n      INTEGER NOT NULL,
    line   INTEGER NOT NULL,
    number TEXT    NOT NULL,
    doc    TEXT,
    crc    INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT;

-- What a run unprotected stays so when the run is forgotten.
CREATE TABLE unprotections (
    sequence INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL,
    cutover  INTEGER NOT NULL,
    at       INTEGER,
    doc      TEXT,
    crc      INTEGER NOT NULL
) STRICT;
CREATE INDEX unprotections_cutover ON unprotections (cutover);

-- Moments at which anybody may have done anything, unrecorded; account NULL: to all accounts.
CREATE TABLE gaps (
    sequence INTEGER PRIMARY KEY,
    account  INTEGER REFERENCES accounts (id),
    at       INTEGER NOT NULL,
    why      TEXT    NOT NULL
) STRICT;
CREATE INDEX gaps_account ON gaps (account);

-- Runs that were removed, and from where to where in the order their records were: what lacks there is not lost.
-- rollback_of is what one rolled back, if it sent anything.
CREATE TABLE removed (
    run            INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL,
    rollback_of    INTEGER,
    first_sequence INTEGER NOT NULL,
    last_sequence  INTEGER NOT NULL,
    at             INTEGER NOT NULL
) STRICT;
CREATE INDEX removed_rollback ON removed (rollback_of) WHERE rollback_of IS NOT NULL;

-- Runs that a salvage could not bring back, and what was seen of them.
CREATE TABLE lost_runs (
    name    TEXT    NOT NULL PRIMARY KEY,
    account INTEGER REFERENCES accounts (id),
    at      INTEGER NOT NULL,
    why     TEXT    NOT NULL
) STRICT;
CREATE INDEX lost_runs_account ON lost_runs (account);

-- The stores whose runs came here by a salvage.
CREATE TABLE origins (
    store TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
