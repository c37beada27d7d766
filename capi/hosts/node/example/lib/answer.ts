// One answer of an agent: from the call to the stored message.
import { WayfareError, type Stream } from 'wayfare';
import { history, keepAnswer, keepText } from './conversations';
import { failureOf } from './failure';
import { ledger } from './ledger';
import type { MessageState } from './types';

const KEEP_EVERY = 500; // milliseconds: what has come is stored so often

/**
 * Makes the call, tells each piece of the text, and stores the answer with the metadata of the
 * reply, however it ends. An abort of the signal cancels the call.
 */
export async function answer(
  { id, request_id }: { id: number; request_id: string },
  call: { agent: string; conversation: string; text: string },
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  const messages = [...history(call.conversation), { role: 'user' as const, content: call.text }];
  let stream: Stream | null = null;
  let text = '';
  let kept = Date.now();
  try {
    stream = ledger().stream(messages, {
      agent: call.agent,
      charge_to: { run: call.conversation },
      request_id,
      signal,
    });
    for await (const event of stream) {
      if (event.type !== 'text' || !event.text) continue;
      text += event.text;
      tell(event.text);
      if (Date.now() - kept < KEEP_EVERY) continue;
      kept = Date.now();
      keepText(id, text);
    }
    const reply = await stream.reply();
    keepAnswer(id, reply.text || (reply.refusal ?? ''), 'done', reply.metadata, null);
  } catch (error) {
    const state = stateAfter(error, signal);
    const failure = state === 'failed' ? failureOf(error) : null;
    keepAnswer(id, text, state, stream?.partial?.metadata, failure);
  }
}

/** A call that ends with the client is cancelled, too. */
function stateAfter(error: unknown, signal: AbortSignal): MessageState {
  if (signal.aborted) return 'stopped';
  return error instanceof WayfareError && error.code === 'cancelled' ? 'lost' : 'failed';
}
