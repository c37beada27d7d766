import { WayfareError } from 'wayfare';
import { fieldsOf, profileOf } from '@/lib/agents';
import { refusal } from '@/lib/failure';
import { ledger } from '@/lib/ledger';
import { foreign } from '@/lib/own';
import type { AgentFields } from '@/lib/types';

export const runtime = 'nodejs';

interface Context {
  params: Promise<{ name: string }>;
}

/** Edits the version that the user has seen. If there is a newer one, it comes back with 409. */
export async function PUT(request: Request, { params }: Context): Promise<Response> {
  const refused = foreign(request);
  if (refused) return refused;
  const name = decodeURIComponent((await params).name);
  const fields = (await request.json()) as AgentFields;
  try {
    const { version } = fields;
    const agent = await ledger().editAgent({ name, version, ...profileOf(fields) });
    return Response.json({ agent: fieldsOf(agent) });
  } catch (error) {
    if (!(error instanceof WayfareError) || error.code !== 'conflict') return refusal(error);
    const newest = await ledger().agent({ name }).catch(() => null);
    return refusal(error, newest ? { theirs: fieldsOf(newest) } : {});
  }
}
