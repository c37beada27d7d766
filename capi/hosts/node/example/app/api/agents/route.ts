import { fieldsOf, profileOf } from '@/lib/agents';
import { refusal } from '@/lib/failure';
import { ledger } from '@/lib/ledger';
import { foreign } from '@/lib/own';
import type { AgentFields } from '@/lib/types';

export const runtime = 'nodejs';

export async function POST(request: Request): Promise<Response> {
  const refused = foreign(request);
  if (refused) return refused;
  const fields = (await request.json()) as AgentFields;
  try {
    const { model, system, max_tokens, budget } = profileOf(fields);
    const agent = await ledger().createAgent({
      name: fields.name,
      ...(model ? { model } : {}),
      ...(system ? { system } : {}),
      ...(max_tokens ? { max_tokens } : {}),
      ...(budget?.limit ? { budget } : {}),
    });
    return Response.json({ agent: fieldsOf(agent) }, { status: 201 });
  } catch (error) {
    return refusal(error);
  }
}
