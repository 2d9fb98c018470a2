-- A state as schema version 1 left it: every table has rows, one batch is in flight. It never changes.
PRAGMA application_id = 1164722810;
PRAGMA journal_mode = WAL;
BEGIN;
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
INSERT INTO sources VALUES(1,'support',16,14,2,0,'running','',1767225600000);
CREATE TABLE dialect_facts (
  source INTEGER NOT NULL REFERENCES sources(id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
INSERT INTO dialect_facts VALUES(1,'backfill_users_per_hour','12.5');
INSERT INTO dialect_facts VALUES(1,'paging','{"asked_size":500,"full_size":100}');
CREATE TABLE lateness (
  source INTEGER NOT NULL REFERENCES sources(id),
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO lateness VALUES(1,10,2);
CREATE TABLE audiences (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  attribute TEXT NOT NULL,
  value TEXT NOT NULL,
  active INTEGER NOT NULL,
  listed_ms INTEGER,  -- when the latest list was applied
  UNIQUE (source, attribute, value)
) STRICT;
INSERT INTO audiences VALUES(1,1,'feedback','1',1,1767225660000);
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
INSERT INTO users VALUES(1,1,'3','following',1767225600000,1767225600000,NULL,NULL,0,NULL,1767226600000,NULL,NULL,0,8,
  1767225600007);
INSERT INTO users VALUES(2,1,'4','following',1767225600000,1767225600000,NULL,NULL,0,NULL,1767226600000,NULL,NULL,0,6,
  1767225600005);
INSERT INTO users VALUES(3,1,'919800000001','following',1767225600000,1767225600000,NULL,NULL,0,NULL,NULL,NULL,NULL,0,0,
  NULL);
INSERT INTO users VALUES(4,1,'919800000002','parked',1767225600000,1767225600000,1767225660000,1767234600000,5,
  'HTTP 400',NULL,NULL,NULL,0,0,NULL);
CREATE TABLE user_elements (
  user INTEGER PRIMARY KEY REFERENCES users(id),
  element TEXT NOT NULL
) STRICT;
INSERT INTO user_elements VALUES(1,'{}');
INSERT INTO user_elements VALUES(2,'{}');
INSERT INTO user_elements VALUES(3,'{}');
INSERT INTO user_elements VALUES(4,'{"id":2}');
CREATE TABLE memberships (
  audience INTEGER NOT NULL REFERENCES audiences(id),
  user INTEGER NOT NULL REFERENCES users(id),
  last_listed_ms INTEGER,  -- set while the audience's latest list lacks the member
  PRIMARY KEY (audience, user)
) STRICT, WITHOUT ROWID;
INSERT INTO memberships VALUES(1,1,NULL);
INSERT INTO memberships VALUES(1,2,NULL);
INSERT INTO memberships VALUES(1,3,NULL);
CREATE TABLE unlisted (user INTEGER PRIMARY KEY REFERENCES users(id)) STRICT;
CREATE TABLE coverage (
  user INTEGER NOT NULL REFERENCES users(id),
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL CHECK (from_ms < to_ms),
  PRIMARY KEY (user, from_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO coverage VALUES(1,1767225600000,1767225601000);
INSERT INTO coverage VALUES(2,1767225600000,1767225601000);
CREATE TABLE windows (
  user INTEGER NOT NULL REFERENCES users(id),
  kind INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  cover_to_ms INTEGER NOT NULL,
  pass INTEGER NOT NULL,
  PRIMARY KEY (user, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO windows VALUES(3,1,1767225600000,1767225605000,1767225605000,0);
CREATE TABLE staged_pages (
  user INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  page INTEGER NOT NULL,
  digests BLOB NOT NULL,
  PRIMARY KEY (user, kind, previous, page)
) STRICT;
INSERT INTO staged_pages VALUES(3,1,0,1,X'bcbcbcbcbcbcbcbcbcbcbcbcbcc3c3c3c3c3c3c3c3c3c3c3c3c3');
INSERT INTO staged_pages VALUES(3,1,0,2,X'787878787878787878787878787f7f7f7f7f7f7f7f7f7f7f7f7f');
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
INSERT INTO staged_rows VALUES(1,3,1,1,0,1767225600100,1767225600100,X'bcbcbcbcbcbcbcbcbcbcbcbcbc',0,4,320,'100','user',
  'TEXT',NULL,NULL,'text 100','{"text":100}');
INSERT INTO staged_rows VALUES(2,3,1,1,1,1767225600101,1767225600101,X'c3c3c3c3c3c3c3c3c3c3c3c3c3',0,4,320,'101','user',
  'TEXT',NULL,NULL,'text 101','{"text":101}');
INSERT INTO staged_rows VALUES(3,3,1,2,0,1767225600200,1767225600200,X'78787878787878787878787878',0,4,320,'200','user',
  'TEXT',NULL,NULL,'text 200','{"text":200}');
INSERT INTO staged_rows VALUES(4,3,1,2,1,1767225600201,1767225600201,X'7f7f7f7f7f7f7f7f7f7f7f7f7f',0,4,320,'201','user',
  'TEXT',NULL,NULL,'text 201','{"text":201}');
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
INSERT INTO messages VALUES(1,1,1767225600000,X'00000000000000000000000000',0,1767226600000,316,0,4,'0','user','TEXT',
  NULL,NULL,'text 0','{"text":0}');
INSERT INTO messages VALUES(2,1,1767225600001,X'07070707070707070707070707',0,1767226600000,316,0,4,'1','user','TEXT',
  NULL,NULL,'text 1','{"text":1}');
INSERT INTO messages VALUES(3,1,1767225600002,X'0e0e0e0e0e0e0e0e0e0e0e0e0e',0,1767226600000,316,0,4,'2','user','TEXT',
  NULL,NULL,'text 2','{"text":2}');
INSERT INTO messages VALUES(4,1,1767225600003,X'15151515151515151515151515',0,1767226600000,316,0,4,'3','user','TEXT',
  NULL,NULL,'text 3','{"text":3}');
INSERT INTO messages VALUES(5,1,1767225600004,X'1c1c1c1c1c1c1c1c1c1c1c1c1c',0,1767226600000,316,0,4,'4','user','TEXT',
  NULL,NULL,'text 4','{"text":4}');
INSERT INTO messages VALUES(6,1,1767225600005,X'23232323232323232323232323',0,1767226600000,316,0,4,'5','user','TEXT',
  NULL,NULL,'text 5','{"text":5}');
INSERT INTO messages VALUES(7,2,1767225600000,X'00000000000000000000000000',0,1767226600000,316,0,4,'0','user','TEXT',
  NULL,NULL,'text 0','{"text":0}');
INSERT INTO messages VALUES(8,2,1767225600001,X'07070707070707070707070707',0,1767226600000,316,0,4,'1','user','TEXT',
  NULL,NULL,'text 1','{"text":1}');
INSERT INTO messages VALUES(9,2,1767225600002,X'0e0e0e0e0e0e0e0e0e0e0e0e0e',0,1767226600000,316,0,4,'2','user','TEXT',
  NULL,NULL,'text 2','{"text":2}');
INSERT INTO messages VALUES(10,2,1767225600003,X'15151515151515151515151515',0,1767226600000,316,0,4,'3','user','TEXT',
  NULL,NULL,'text 3','{"text":3}');
INSERT INTO messages VALUES(11,2,1767225600004,X'1c1c1c1c1c1c1c1c1c1c1c1c1c',0,1767226600000,316,0,4,'4','user','TEXT',
  NULL,NULL,'text 4','{"text":4}');
INSERT INTO messages VALUES(12,2,1767225600005,X'23232323232323232323232323',0,1767226600000,316,0,4,'5','user','TEXT',
  NULL,NULL,'text 5','{"text":5}');
INSERT INTO messages VALUES(15,1,1767225600006,X'2a2a2a2a2a2a2a2a2a2a2a2a2a',0,1767226600000,316,0,4,'6','user','TEXT',
  NULL,NULL,'text 6','{"text":6}');
INSERT INTO messages VALUES(16,1,1767225600007,X'31313131313131313131313131',0,1767226600000,316,0,4,'7','user','TEXT',
  NULL,NULL,'text 7','{"text":7}');
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
INSERT INTO sinks VALUES(1,'crm',1,0,NULL,0,'paused: credential','HTTP 401',1767225600000,'no answer',1767227600000);
INSERT INTO sinks VALUES(2,'archive',1,0,NULL,0,'','',NULL,NULL,NULL);
CREATE TABLE sink_totals (
  sink INTEGER NOT NULL REFERENCES sinks(id),
  source INTEGER NOT NULL REFERENCES sources(id),
  delivered INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  suppressed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sink, source)
) STRICT, WITHOUT ROWID;
INSERT INTO sink_totals VALUES(1,1,1,1,0);
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
INSERT INTO deliveries VALUES(1,1,1,1,'remote',NULL,1767227600000,NULL,NULL);
INSERT INTO deliveries VALUES(1,2,2,2,NULL,'HTTP 400',1767227600000,NULL,NULL);
INSERT INTO deliveries VALUES(1,3,0,1,NULL,'busy',1767227600000,1767227600000,1767227600000);
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
INSERT INTO batches VALUES(2,1,1,0,1,1767227600000,1767227600000,'no answer',1767227600000);
INSERT INTO batches VALUES(3,1,0,1,0,NULL,NULL,NULL,1767227600000);
CREATE TABLE batch_messages (
  sink INTEGER NOT NULL,
  message INTEGER NOT NULL,
  batch INTEGER NOT NULL REFERENCES batches(id),
  PRIMARY KEY (sink, message)
) STRICT, WITHOUT ROWID;
INSERT INTO batch_messages VALUES(1,4,2);
INSERT INTO batch_messages VALUES(1,5,2);
INSERT INTO batch_messages VALUES(1,6,3);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('messages',16);
INSERT INTO sqlite_sequence VALUES('batches',3);
CREATE INDEX users_by_status ON users (source, status);
CREATE INDEX memberships_by_user ON memberships (user);
CREATE INDEX staged_rows_by_page ON staged_rows (user, kind, page);
CREATE INDEX deliveries_pending ON deliveries (sink, message) WHERE state = 0;
CREATE INDEX deliveries_dead ON deliveries (sink, message) WHERE state = 2;
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
PRAGMA user_version = 1;
COMMIT;
