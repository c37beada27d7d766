import { conversation } from '@/lib/conversations';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ id: string }>;
}

export async function GET(_request: Request, { params }: Context): Promise<Response> {
  const found = await conversation((await params).id);
  if (!found) return Response.json({ conversation: null }, { status: 404 });
  return Response.json({ conversation: found });
}
