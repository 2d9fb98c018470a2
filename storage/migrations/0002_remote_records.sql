-- What a CRM is known to hold of ours.
CREATE TABLE remote_records (
  sink INTEGER NOT NULL REFERENCES sinks(id),
  user INTEGER NOT NULL REFERENCES users(id),
  key TEXT NOT NULL,     -- empty: the contact; else the activity's key within the user
  remote_id TEXT NOT NULL,
  digest TEXT NOT NULL,  -- of what was last written and confirmed; empty: not known
  saved TEXT NOT NULL,   -- further values from answers: a JSON object of strings
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY (sink, user, key)
) STRICT, WITHOUT ROWID;
