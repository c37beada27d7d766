// The conversations of the app, in a SQLite database of its own.
//
// There are two SQLite libraries in this process: that of better-sqlite3, and the one inside of
// wayfare's addon. They do not meet: the symbols of the second are hidden, and its locks are
// wayfare's own (open-file-description locks, which no close of another descriptor ends; see
// core/LEDGER.md). So both may run at once, even on the same file. This app still never opens the
// ledger by better-sqlite3: it asks wayfare.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

export const DATA = path.resolve(
  /* turbopackIgnore: true */ process.env.PRODUCT_DATA ?? 'data',
);

const SCHEMA = `
CREATE TABLE IF NOT EXISTS conversation(
  id TEXT PRIMARY KEY, agent TEXT NOT NULL, created TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS message(
  id INTEGER PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversation(id),
  role TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL,
  request_id TEXT, metadata TEXT, failure TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS message_by_conversation ON message(conversation, id);
`;

const kept = globalThis as typeof globalThis & { productDatabase?: Database.Database };

export function database(): Database.Database {
  kept.productDatabase ??= opened();
  return kept.productDatabase;
}

function opened(): Database.Database {
  mkdirSync(DATA, { recursive: true, mode: 0o700 });
  const made = new Database(path.join(DATA, 'app.db'));
  made.pragma('journal_mode = WAL');
  made.pragma('foreign_keys = ON');
  made.exec(SCHEMA);
  // One process serves the app. What still runs here was lost with the process before.
  made.prepare("UPDATE message SET state = 'lost' WHERE state = 'running'").run();
  return made;
}
