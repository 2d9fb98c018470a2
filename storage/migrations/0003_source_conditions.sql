-- What is wrong with a source besides its state, until it ends.
CREATE TABLE source_conditions (
  source INTEGER NOT NULL REFERENCES sources(id),
  name TEXT NOT NULL,
  detail TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE sources ADD COLUMN history_read_ms INTEGER;  -- when a window of history was stored last
