'use client';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { FailureBox } from '@/app/FailureBox';
import { send } from '@/lib/send';
import type { Failure } from '@/lib/types';

export function NewConversation({ agent }: { agent: string }) {
  const router = useRouter();
  const [failure, setFailure] = useState<Failure | null>(null);
  async function start() {
    const { id, failure } = await send<{ id: string }>('POST', '/api/conversations', { agent });
    setFailure(failure ?? null);
    if (id) router.push(`/conversations/${id}`);
  }
  return (
    <>
      <button type="button" className="main" onClick={start}>
        New conversation
      </button>
      {failure && <FailureBox failure={failure} />}
    </>
  );
}
