-- The first shape of the store. {blob}, {serial} and {clustered} stand for what the dialect calls them.

-- Small facts about the store itself: the fence, the schema's number.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO meta (name, value) VALUES ('fence', '0'), ('entries', '0');

-- The data key, wrapped by the master key. Destroying this row destroys the clinic's data.
CREATE TABLE seal (name TEXT PRIMARY KEY, wrapped {blob} NOT NULL, at TEXT NOT NULL);

-- The source as read.
CREATE TABLE extraction (number {serial}, kind TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE snapshot (
  seq {serial}, object TEXT NOT NULL, id TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  state TEXT NOT NULL, digest {blob} NOT NULL, changed_in INTEGER NOT NULL, body {blob} NOT NULL,
  UNIQUE (object, id)
);
CREATE INDEX snapshot_order ON snapshot (object, seq);
CREATE TABLE snapshot_link (
  object TEXT NOT NULL, field TEXT NOT NULL, to_id TEXT NOT NULL, id TEXT NOT NULL, to_object TEXT NOT NULL,
  PRIMARY KEY (object, field, to_id, id)
) {clustered};
CREATE INDEX snapshot_link_from ON snapshot_link (object, id);
CREATE TABLE snapshot_cursor (object TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE snapshot_alias (
  object TEXT NOT NULL, id TEXT NOT NULL, survivor TEXT NOT NULL, PRIMARY KEY (object, id)
);
CREATE TABLE file (
  id TEXT PRIMARY KEY, path TEXT NOT NULL, size_bytes BIGINT NOT NULL, sha256 TEXT NOT NULL, about {blob} NOT NULL
);

-- Runs, the log of operations, and what follows from it.
CREATE TABLE run (
  id {serial}, kind TEXT NOT NULL, operator TEXT NOT NULL, state TEXT NOT NULL,
  opened_at TEXT NOT NULL, closed_at TEXT
);
CREATE TABLE ledger (seq BIGINT PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE operation (
  map TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, to_object TEXT NOT NULL, to_id TEXT, attempt INTEGER NOT NULL, run INTEGER NOT NULL,
  digest TEXT NOT NULL, code TEXT NOT NULL, words {blob} NOT NULL, field TEXT NOT NULL, entry BIGINT NOT NULL,
  body {blob}, before {blob},
  PRIMARY KEY (map, object, id, part)
);
CREATE INDEX operation_state ON operation (state, map);
CREATE TABLE effect (
  seq {serial}, map TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL, part INTEGER NOT NULL,
  to_object TEXT NOT NULL, to_id TEXT NOT NULL, created INTEGER NOT NULL, removed INTEGER NOT NULL,
  owner_id TEXT, parent_object TEXT, parent_id TEXT, modified_at TEXT, verdict TEXT NOT NULL, run INTEGER NOT NULL,
  body {blob}, before {blob},
  UNIQUE (map, object, id, part)
);
CREATE INDEX effect_order ON effect (map, seq);
CREATE INDEX effect_destination ON effect (to_object, to_id);
CREATE TABLE progress (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- What people read and sign.
CREATE TABLE document (
  name TEXT PRIMARY KEY, sealed INTEGER NOT NULL, digest TEXT NOT NULL, body {blob} NOT NULL, at TEXT NOT NULL
);
CREATE TABLE approval (gate TEXT PRIMARY KEY, person TEXT NOT NULL, at TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE diff (
  seq {serial}, run INTEGER NOT NULL, map TEXT NOT NULL, field TEXT NOT NULL, verdict TEXT NOT NULL, body {blob} NOT NULL
);
CREATE INDEX diff_run ON diff (run, verdict);
CREATE TABLE issue (
  seq {serial}, run INTEGER, object TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, code TEXT NOT NULL,
  words {blob} NOT NULL,
  UNIQUE (object, id, field, code)
);
