import { conversation, conversationRow, endConversation, history } from '@/lib/conversations';
import { foreign } from '@/lib/own';
import { enqueue } from '@/lib/queue';

export const runtime = 'nodejs';

interface Context {
  params: Promise<{ id: string }>;
}

/** Ends a conversation, and gives it to the worker. It may be asked twice. */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const refused = foreign(request);
  if (refused) return refused;
  const { id } = await params;
  const row = conversationRow(id);
  if (!row) return Response.json({ conversation: null }, { status: 404 });
  const messages = history(id);
  if (messages.length > 0) enqueue(id, row.agent, messages);
  endConversation(id);
  return Response.json({ conversation: await conversation(id) });
}
