-- Columns ending in _ms are milliseconds since 1970 in UTC. The application reads and writes the tables; everybody else
-- reads the views at the end, which only ever gain columns.

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  fetched INTEGER NOT NULL DEFAULT 0,
  added INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  state_since_ms INTEGER
) STRICT;

-- What was learnt about a source's dialect.
CREATE TABLE dialect_facts (
  source INTEGER NOT NULL REFERENCES sources(id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;

-- How long after their own instant late rows were found: bucket 0 is below one second, bucket n is [2^(n-1), 2^n) seconds.
CREATE TABLE lateness (
  source INTEGER NOT NULL REFERENCES sources(id),
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE audiences (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  attribute TEXT NOT NULL,
  value TEXT NOT NULL,
  active INTEGER NOT NULL,
  listed_ms INTEGER,  -- when the latest list was applied
  UNIQUE (source, attribute, value)
) STRICT;

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  user_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('following', 'draining', 'gone', 'parked', 'erased')),
  first_matched_ms INTEGER NOT NULL,
  last_matched_ms INTEGER NOT NULL,  -- kept for ended memberships only; users_v1 adds the present ones
  departed_ms INTEGER,
  parked_until_ms INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  last_read_ms INTEGER,
  verified_ms INTEGER,
  window_width_ms INTEGER,
  history_complete INTEGER NOT NULL DEFAULT 0,
  messages INTEGER NOT NULL DEFAULT 0,
  last_message_ms INTEGER,
  UNIQUE (source, user_id)
) STRICT;
CREATE INDEX users_by_status ON users (source, status);

-- Apart from `users`, so that what changes with every read stays small.
CREATE TABLE user_elements (
  user INTEGER PRIMARY KEY REFERENCES users(id),
  element TEXT NOT NULL
) STRICT;

-- A poll writes differences only: a member was last listed when its audience was, unless the row itself says otherwise.
CREATE TABLE memberships (
  audience INTEGER NOT NULL REFERENCES audiences(id),
  user INTEGER NOT NULL REFERENCES users(id),
  last_listed_ms INTEGER,  -- set while the audience's latest list lacks the member
  PRIMARY KEY (audience, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user);

-- Users that lost a membership since the lists were last applied.
CREATE TABLE unlisted (user INTEGER PRIMARY KEY REFERENCES users(id)) STRICT;

-- Half-open, disjoint, non-adjacent.
CREATE TABLE coverage (
  user INTEGER NOT NULL REFERENCES users(id),
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL CHECK (from_ms < to_ms),
  PRIMARY KEY (user, from_ms)
) STRICT, WITHOUT ROWID;

-- Windows whose pages are being read. kind: 0 live, 1 history.
CREATE TABLE windows (
  user INTEGER NOT NULL REFERENCES users(id),
  kind INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  cover_to_ms INTEGER NOT NULL,
  pass INTEGER NOT NULL,
  PRIMARY KEY (user, kind)
) STRICT, WITHOUT ROWID;

-- The digests of each page, 13 bytes each, for this pass and the one before.
CREATE TABLE staged_pages (
  user INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  page INTEGER NOT NULL,
  digests BLOB NOT NULL,
  PRIMARY KEY (user, kind, previous, page)
) STRICT;

CREATE TABLE staged_rows (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  page INTEGER NOT NULL,
  position INTEGER NOT NULL,
  order_ms INTEGER NOT NULL,
  instant_ms INTEGER NOT NULL,
  digest BLOB NOT NULL,
  zone_assumed INTEGER NOT NULL,
  direction INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  timestamp_text TEXT NOT NULL,
  sender TEXT NOT NULL,
  type TEXT NOT NULL,
  media_url TEXT,
  media_type TEXT,
  text TEXT NOT NULL,
  raw TEXT NOT NULL
) STRICT;
CREATE INDEX staged_rows_by_page ON staged_rows (user, kind, page);

-- Ids ascend in the order of release and are never given twice, because sinks remember how far they have got by id.
-- instant_ms is -1 where it is unknown, so that the unique key holds for those too. The large columns come last: reading
-- the others does not touch them.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user INTEGER NOT NULL REFERENCES users(id),
  instant_ms INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 13),
  occurrence INTEGER NOT NULL,
  stored_ms INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  zone_assumed INTEGER NOT NULL,
  direction INTEGER NOT NULL,  -- 0 in, 1 out, 2 agent, 3 system, 4 unknown
  timestamp_text TEXT NOT NULL,
  sender TEXT NOT NULL,
  type TEXT NOT NULL,
  media_url TEXT,
  media_type TEXT,
  text TEXT NOT NULL,
  raw TEXT NOT NULL,
  UNIQUE (user, instant_ms, digest, occurrence)
) STRICT;

CREATE TABLE sinks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  active INTEGER NOT NULL,
  history_start INTEGER NOT NULL,  -- messages up to this id are suppressed unless a delivery says otherwise
  starts_ms INTEGER,               -- set without history: messages that are stored later but dated before are suppressed
  scanned_to INTEGER NOT NULL,     -- no message up to this id is without a delivery or an open batch
  state TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  state_since_ms INTEGER,
  last_error TEXT,
  last_error_ms INTEGER
) STRICT;

CREATE TABLE sink_totals (
  sink INTEGER NOT NULL REFERENCES sinks(id),
  source INTEGER NOT NULL REFERENCES sources(id),
  delivered INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  suppressed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sink, source)
) STRICT, WITHOUT ROWID;

-- Outcomes, and pendings that failed or wait behind another; a message without a row is simply pending.
-- state: 0 pending, 1 delivered, 2 dead, 3 suppressed.
CREATE TABLE deliveries (
  sink INTEGER NOT NULL,
  message INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  remote_id TEXT,
  last_error TEXT,
  updated_ms INTEGER NOT NULL,
  not_before_ms INTEGER,
  first_failed_ms INTEGER,
  PRIMARY KEY (sink, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (sink, message) WHERE state = 0;
CREATE INDEX deliveries_dead ON deliveries (sink, message) WHERE state = 2;

-- Sets of messages that are or will be sent under one idempotency key, until they are settled.
CREATE TABLE batches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sink INTEGER NOT NULL REFERENCES sinks(id),
  attempts INTEGER NOT NULL,
  in_flight INTEGER NOT NULL,
  answer_lost INTEGER NOT NULL,
  first_failed_ms INTEGER,
  not_before_ms INTEGER,
  last_error TEXT,
  updated_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE batch_messages (
  sink INTEGER NOT NULL,
  message INTEGER NOT NULL,
  batch INTEGER NOT NULL REFERENCES batches(id),
  PRIMARY KEY (sink, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_messages_by_batch ON batch_messages (batch);

CREATE VIEW users_v1 AS
SELECT
  sources.name AS source,
  users.user_id AS user_id,
  users.status AS status,
  users.first_matched_ms AS first_matched_ms,
  max(users.last_matched_ms,
      coalesce((SELECT max(coalesce(memberships.last_listed_ms, audiences.listed_ms))
                FROM memberships JOIN audiences ON audiences.id = memberships.audience
                WHERE memberships.user = users.id), users.last_matched_ms)) AS last_matched_ms,
  (SELECT from_ms FROM coverage WHERE coverage.user = users.id ORDER BY from_ms LIMIT 1) AS covered_from_ms,
  (SELECT to_ms FROM coverage WHERE coverage.user = users.id ORDER BY from_ms LIMIT 1) AS covered_to_ms,
  users.messages AS messages,
  users.last_message_ms AS last_message_ms
FROM users
JOIN sources ON sources.id = users.source;

CREATE VIEW messages_v1 AS
SELECT
  sources.name AS source,
  users.user_id AS user_id,
  lower(hex(messages.digest)) || printf('%06x', messages.occurrence) AS key,
  nullif(messages.instant_ms, -1) AS timestamp_ms,
  messages.timestamp_text AS timestamp_text,
  CASE messages.direction WHEN 0 THEN 'in' WHEN 1 THEN 'out' WHEN 2 THEN 'agent' WHEN 3 THEN 'system' ELSE 'unknown' END
    AS direction,
  messages.sender AS sender,
  messages.type AS type,
  messages.text AS text,
  messages.media_url AS media_url,
  messages.media_type AS media_type,
  messages.raw AS raw,
  messages.stored_ms AS stored_ms
FROM messages
JOIN users ON users.id = messages.user
JOIN sources ON sources.id = users.source;

CREATE VIEW deliveries_v1 AS
SELECT
  sinks.name AS sink,
  sources.name AS source,
  users.user_id AS user_id,
  lower(hex(messages.digest)) || printf('%06x', messages.occurrence) AS key,
  CASE
    WHEN deliveries.state = 1 THEN 'delivered'
    WHEN deliveries.state = 2 THEN 'dead'
    WHEN deliveries.state = 3 THEN 'suppressed'
    WHEN batches.in_flight = 1 THEN 'in_flight'
    WHEN batches.answer_lost = 1 THEN 'unknown'
    WHEN batches.id IS NULL AND deliveries.state IS NULL AND messages.id <= sinks.history_start THEN 'suppressed'
    ELSE 'pending'
  END AS state,
  max(coalesce(deliveries.attempts, 0), coalesce(batches.attempts, 0)) AS attempts,
  deliveries.remote_id AS remote_id,
  coalesce(batches.last_error, deliveries.last_error) AS last_error,
  coalesce(batches.updated_ms, deliveries.updated_ms, messages.stored_ms) AS updated_ms
FROM messages
JOIN users ON users.id = messages.user
JOIN sources ON sources.id = users.source
JOIN sinks ON sinks.active = 1
LEFT JOIN deliveries ON deliveries.sink = sinks.id AND deliveries.message = messages.id
LEFT JOIN batch_messages ON batch_messages.sink = sinks.id AND batch_messages.message = messages.id
LEFT JOIN batches ON batches.id = batch_messages.batch;

CREATE VIEW coverage_v1 AS
SELECT
  sources.name AS source,
  users.user_id AS user_id,
  coverage.from_ms AS from_ms,
  coverage.to_ms AS to_ms
FROM coverage
JOIN users ON users.id = coverage.user
JOIN sources ON sources.id = users.source;
