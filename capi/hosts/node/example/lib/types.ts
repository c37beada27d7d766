// What goes between the server and the browser.
import type { Metadata } from 'wayfare';

export type { Metadata };

export interface Failure {
  code: string;
  message: string;
  advice: string | null;
  status: number | null;
  retryable: boolean;
  retry_after: number | null;
  resets_at: string | null;
  budget: string | null;
}

/** running: it is being written. lost: the server ended meanwhile. */
export type MessageState = 'done' | 'running' | 'stopped' | 'failed' | 'lost';

/** What the ledger knows of a message whose metadata has no cost. */
export interface Booked {
  entry: string;
  state: string;
  model: string;
  cost: string | null;
  held: string | null;
}

export interface Message {
  id: number;
  role: 'user' | 'assistant';
  text: string;
  state: MessageState;
  created: string;
  metadata: Metadata | null;
  failure: Failure | null;
  booked: Booked | null;
}

export interface Summary {
  text: string | null;
  metadata: Metadata | null;
  failure: string | null;
}

export interface Conversation {
  id: string;
  agent: string;
  created: string;
  ended: boolean;
  queued: boolean; // for the worker
  waiting: string | null; // why the worker has to try again
  messages: Message[];
  summary: Summary | null;
}

export interface ModelChoice {
  id: string;
  name: string;
  prompt: string | null; // US dollars per million tokens
  completion: string | null;
  context: number | null;
}

export interface WellKnown {
  id: string;
  gone: boolean;
  expires: string | null;
  instead: string | null;
}

export interface AgentFields {
  name: string;
  version: number;
  archived: boolean;
  model: string;
  system: string;
  max_tokens: string;
  budget: string;
}
