import { fieldsOf } from '@/lib/agents';
import { refusal } from '@/lib/failure';
import { ledger } from '@/lib/ledger';
import { foreign } from '@/lib/own';

export const runtime = 'nodejs';

interface Context {
  params: Promise<{ name: string }>;
}

export async function POST(request: Request, { params }: Context): Promise<Response> {
  const refused = foreign(request);
  if (refused) return refused;
  const name = decodeURIComponent((await params).name);
  const { version, archived } = (await request.json()) as { version: number; archived: boolean };
  try {
    const change = archived
      ? ledger().archiveAgent({ name, version })
      : ledger().restoreAgent({ name, version });
    return Response.json({ agent: fieldsOf(await change) });
  } catch (error) {
    return refusal(error);
  }
}
