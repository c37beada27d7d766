import type { Metadata } from 'next';
import Link from 'next/link';
import { FailureBox } from '@/app/FailureBox';
import { conversationsOf } from '@/lib/conversations';
import { attempt } from '@/lib/failure';
import { ledger } from '@/lib/ledger';
import { NewConversation } from './NewConversation';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Conversations' };

export default async function Conversations({ params }: { params: Promise<{ name: string }> }) {
  const name = decodeURIComponent((await params).name);
  const found = await attempt(() => ledger().agent({ name }));
  if (found.failure) return <FailureBox failure={found.failure} />;
  const conversations = conversationsOf(name);
  return (
    <>
      <div className="title">
        <h1>Chat with {name}</h1>
        <Link className="button" href={`/agents/${encodeURIComponent(name)}`}>
          Edit
        </Link>
      </div>
      <p className="quiet">
        {found.value.model ?? 'The default model'}, version {found.value.version}
        {found.value.archived && ', archived: it takes no calls'}
      </p>
      <NewConversation agent={name} />
      {conversations.length > 0 && <h2>Conversations</h2>}
      <ul className="conversations">
        {conversations.map((one) => (
          <li key={one.id}>
            <Link href={`/conversations/${one.id}`}>{one.first.slice(0, 80) || 'Empty'}</Link>{' '}
            <span className="quiet">
              {one.created.slice(0, 16).replace('T', ' ')}
              {one.ended === 1 && ', ended'}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
