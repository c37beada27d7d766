// Conversations and their messages.
import { randomUUID } from 'node:crypto';
import { sumOfDollars } from 'wayfare';
import { database } from './db';
import { all, ledger } from './ledger';
import { isQueued, summaryOf, waitingOf } from './queue';
import type { Booked, Conversation, Failure, Message, MessageState, Metadata } from './types';

interface ConversationRow {
  id: string;
  agent: string;
  created: string;
  ended: number;
}

interface MessageRow {
  id: number;
  role: 'user' | 'assistant';
  text: string;
  state: MessageState;
  created: string;
  request_id: string | null;
  metadata: string | null;
  failure: string | null;
}

export function startConversation(agent: string): string {
  const id = randomUUID();
  database()
    .prepare('INSERT INTO conversation(id, agent, created) VALUES (?, ?, ?)')
    .run(id, agent, new Date().toISOString());
  return id;
}

export function conversationsOf(agent: string) {
  return database()
    .prepare(
      `SELECT id, created, ended, coalesce((SELECT text FROM message
         WHERE conversation = conversation.id ORDER BY message.id LIMIT 1), '') AS first
       FROM conversation WHERE agent = ? ORDER BY created DESC LIMIT 50`,
    )
    .all(agent) as { id: string; created: string; ended: number; first: string }[];
}

export function conversationRow(id: string): ConversationRow | undefined {
  return database().prepare('SELECT * FROM conversation WHERE id = ?').get(id) as
    | ConversationRow
    | undefined;
}

function rowsOf(id: string): MessageRow[] {
  return database()
    .prepare('SELECT * FROM message WHERE conversation = ? ORDER BY id')
    .all(id) as MessageRow[];
}

export async function conversation(id: string): Promise<Conversation | undefined> {
  const row = conversationRow(id);
  if (!row) return undefined;
  const messages = await Promise.all(rowsOf(id).map(message));
  const { agent, created, ended } = row;
  const [queued, waiting, summary] = [isQueued(id), waitingOf(id), summaryOf(id)];
  return { id, agent, created, ended: ended === 1, queued, waiting, messages, summary };
}

async function message(row: MessageRow): Promise<Message> {
  const { id, role, text, state, created } = row;
  const metadata = row.metadata ? (JSON.parse(row.metadata) as Metadata) : null;
  const failure = row.failure ? (JSON.parse(row.failure) as Failure) : null;
  const over = role === 'assistant' && state !== 'running';
  const asks = over && row.request_id !== null && (metadata?.cost ?? null) === null;
  const booked = asks ? await bookedOf(row.request_id!) : null;
  return { id, role, text, state, created, metadata, failure, booked };
}

/** What the ledger knows of a call now. It may have learnt the cost after the message was kept. */
async function bookedOf(request_id: string): Promise<Booked | null> {
  const entries = await all(ledger().entries({ request_id })).catch(() => []);
  const last = entries.at(-1);
  if (!last) return null;
  const costs = entries.flatMap((one) => (one.cost === null ? [] : [one.cost]));
  const cost = costs.length > 0 ? sumOfDollars(costs) : null;
  const unknown = cost === null ? await all(ledger().unknown({})) : [];
  const held = unknown.find((one) => one.entry === last.entry)?.held ?? null;
  return { entry: last.entry, state: last.state, model: last.model, cost, held };
}

/** The messages for the next request: the questions that got an answer, and these answers. */
export function history(id: string): { role: 'user' | 'assistant'; content: string }[] {
  const sent: { role: 'user' | 'assistant'; content: string }[] = [];
  let question = '';
  for (const { role, text, state } of rowsOf(id)) {
    if (role === 'user') question = text;
    else if ((state === 'done' || state === 'stopped') && text) {
      sent.push({ role: 'user', content: question }, { role, content: text });
    }
  }
  return sent;
}

/** Keeps the question and an answer that is being written, or nothing if one already is. */
export const beginAnswer = (id: string, text: string) =>
  database().transaction(() => {
    const one = database().prepare(
      "SELECT 1 FROM message WHERE conversation = ? AND state = 'running'",
    );
    if (one.get(id)) return undefined;
    const created = new Date().toISOString();
    const request_id = `message-${randomUUID()}`;
    const insert = database().prepare(
      `INSERT INTO message(conversation, role, text, state, created, request_id)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    insert.run(id, 'user', text, 'done', created, null);
    const made = insert.run(id, 'assistant', '', 'running', created, request_id);
    return { id: Number(made.lastInsertRowid), request_id };
  })();

export function keepText(id: number, text: string): void {
  database().prepare('UPDATE message SET text = ? WHERE id = ?').run(text, id);
}

export function keepAnswer(
  id: number,
  text: string,
  state: MessageState,
  metadata: object | null | undefined,
  failure: Failure | null,
): void {
  database()
    .prepare('UPDATE message SET text = ?, state = ?, metadata = ?, failure = ? WHERE id = ?')
    .run(
      text,
      state,
      metadata ? JSON.stringify(metadata) : null,
      failure ? JSON.stringify(failure) : null,
      id,
    );
}

export async function messageOf(id: number): Promise<Message> {
  return message(database().prepare('SELECT * FROM message WHERE id = ?').get(id) as MessageRow);
}

export function endConversation(id: string): void {
  database().prepare('UPDATE conversation SET ended = 1 WHERE id = ?').run(id);
}
