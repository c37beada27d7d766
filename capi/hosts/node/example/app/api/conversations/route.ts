import { refusal } from '@/lib/failure';
import { startConversation } from '@/lib/conversations';
import { ledger } from '@/lib/ledger';
import { foreign } from '@/lib/own';

export const runtime = 'nodejs';

export async function POST(request: Request): Promise<Response> {
  const refused = foreign(request);
  if (refused) return refused;
  const { agent } = (await request.json()) as { agent: string };
  try {
    await ledger().agent({ name: agent }); // an archived one may be talked to once it is restored
    return Response.json({ id: startConversation(agent) }, { status: 201 });
  } catch (error) {
    return refusal(error);
  }
}
