// The queue of finished conversations: one folder for each, which the worker reads.
//
//   queue/ID/agent           the name of the agent
//   queue/ID/request.json    the body of the request that asks for a summary
//   queue/ID/metadata.json   from the worker: what to keep with the summary
//   queue/ID/summary.txt     from the worker: the summary. It comes last.
//   queue/ID/waiting.txt     from the worker, while it tries again: why
//   queue/ID/failure.txt     from the worker, if there will be no summary
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DATA } from './db';
import type { Metadata, Summary } from './types';

const folder = (id: string) => path.join(DATA, 'queue', id);

/** Puts a conversation into the queue. The worker sees all of it or nothing. */
export function enqueue(
  id: string,
  agent: string,
  messages: { role: string; content: string }[],
): void {
  if (isQueued(id)) return;
  const beside = path.join(DATA, 'queue', `.${id}`);
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true, mode: 0o700 });
  const ask = { role: 'user', content: 'Summarize this conversation in two sentences.' };
  writeFileSync(path.join(beside, 'agent'), agent);
  const body = JSON.stringify({ messages: [...messages, ask] });
  writeFileSync(path.join(beside, 'request.json'), body);
  renameSync(beside, folder(id));
}

/** Whether there is a summary, or will be. */
export const isQueued = (id: string) => existsSync(folder(id));

export const waitingOf = (id: string) => read(id, 'waiting.txt');

export function summaryOf(id: string): Summary | null {
  const text = read(id, 'summary.txt');
  const failure = read(id, 'failure.txt');
  if (text === null && failure === null) return null;
  const told = read(id, 'metadata.json');
  return { text, failure, metadata: told ? (JSON.parse(told) as Metadata) : null };
}

function read(id: string, name: string): string | null {
  const file = path.join(folder(id), name);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
