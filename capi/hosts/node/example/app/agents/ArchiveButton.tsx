'use client';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { FailureBox } from '@/app/FailureBox';
import { send } from '@/lib/send';
import type { Failure } from '@/lib/types';

export function ArchiveButton(props: { name: string; version: number; archived: boolean }) {
  const { name, version, archived } = props;
  const router = useRouter();
  const [failure, setFailure] = useState<Failure | null>(null);
  async function change() {
    const path = `/api/agents/${encodeURIComponent(name)}/archive`;
    const { failure } = await send('POST', path, { version, archived: !archived });
    setFailure(failure ?? null);
    if (!failure) router.refresh();
  }
  return (
    <>
      <button type="button" onClick={change}>
        {archived ? 'Restore this agent' : 'Archive this agent'}
      </button>
      {failure && <FailureBox failure={failure} />}
    </>
  );
}
