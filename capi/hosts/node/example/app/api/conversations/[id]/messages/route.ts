import { answer } from '@/lib/answer';
import { beginAnswer, conversationRow, messageOf } from '@/lib/conversations';
import { plainFailure } from '@/lib/failure';
import { foreign } from '@/lib/own';

export const runtime = 'nodejs';

interface Context {
  params: Promise<{ id: string }>;
}

const refused = (status: number, message: string, advice: string) =>
  Response.json({ failure: plainFailure('invalid', message, advice) }, { status });

/**
 * Sends a message to the agent. The answer is lines of JSON: {"text"} for each piece, and at last
 * {"message"} as it is stored. If the browser goes away, the call is cancelled and booked.
 */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const other = foreign(request);
  if (other) return other;
  const { id } = await params;
  const { text } = (await request.json()) as { text?: unknown };
  if (typeof text !== 'string' || !text.trim()) {
    return refused(400, 'There is no text', 'write one');
  }
  const row = conversationRow(id);
  if (!row) return refused(404, 'There is no such conversation', 'begin a new one');
  if (row.ended) return refused(409, 'This conversation has ended', 'begin a new one');
  const begun = beginAnswer(id, text);
  if (!begun) return refused(409, 'An answer is still being written', 'wait, or stop it');

  const gone = new AbortController();
  request.signal.addEventListener('abort', () => gone.abort(), { once: true });
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const tell = (line: object) => {
        if (!gone.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      const call = { agent: row.agent, conversation: id, text };
      await answer(begun, call, gone.signal, (piece) => tell({ text: piece }));
      tell({ message: await messageOf(begun.id) });
      if (!gone.signal.aborted) controller.close();
    },
    cancel() {
      gone.abort();
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
  });
}
