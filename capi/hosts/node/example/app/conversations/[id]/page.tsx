import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import Link from 'next/link';
import { conversation } from '@/lib/conversations';
import { Chat } from './Chat';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Chat' };

export default async function ConversationPage({ params }: { params: Promise<{ id: string }> }) {
  const found = await conversation((await params).id);
  if (!found) notFound();
  return (
    <>
      <div className="title">
        <h1>{found.agent}</h1>
        <Link className="button" href={`/chat/${encodeURIComponent(found.agent)}`}>
          All conversations
        </Link>
      </div>
      <Chat conversation={found} />
    </>
  );
}
