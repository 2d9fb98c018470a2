-- The widest live window that fits; window_width_ms is that of the history. NULL: no limit is known.
ALTER TABLE users ADD COLUMN live_width_ms INTEGER;
