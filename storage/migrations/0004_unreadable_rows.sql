-- Elements of the staged pages that are no messages: such a window covers nothing.
ALTER TABLE windows ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0;
