// One answer of an agent: from the call to the stored message.
import { WayfareError, type Reply } from 'wayfare';
import { beginAnswer, history, keepAnswer, keepText } from './conversations';
import { failureOf } from './failure';
import { ledger } from './ledger';

const KEEP_EVERY = 500; // milliseconds: what has come is stored so often

export interface Answer {
  id: number;
  request_id: string;
}

/** Stores the question. Gives nothing if another answer is still being written. */
export function begin(conversation: string, text: string): Answer | undefined {
  return beginAnswer(conversation, text);
}

/**
 * Makes the call, tells each piece of the text, and stores the answer with the metadata of the
 * reply, however it ends. An abort of the signal cancels the call.
 */
export async function answer(
  { id, request_id }: Answer,
  call: { agent: string; conversation: string; text: string },
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  const messages = [...history(call.conversation), { role: 'user' as const, content: call.text }];
  let text = '';
  let kept = Date.now();
  try {
    const stream = ledger().stream(messages, {
      agent: call.agent,
      charge_to: { run: call.conversation },
      request_id,
    });
    // The option `signal` would throw the reason of the abort. A cancelled stream throws an error
    // that has the part of the reply that came, with its metadata.
    const stop = () => stream.cancel();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const event of stream) {
        if (event.type !== 'text' || !event.text) continue;
        text += event.text;
        tell(event.text);
        if (Date.now() - kept < KEEP_EVERY) continue;
        kept = Date.now();
        keepText(id, text);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    const reply = await stream.reply();
    keepAnswer(id, reply.text || (reply.refusal ?? ''), 'done', reply.metadata, null);
  } catch (error) {
    const stopped = error instanceof WayfareError && error.code === 'cancelled';
    const part: Reply | null = error instanceof WayfareError ? error.reply : null;
    const failure = stopped ? null : failureOf(error);
    keepAnswer(id, text, stopped ? 'stopped' : 'failed', part?.metadata, failure);
  }
}
