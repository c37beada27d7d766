import type { Metadata } from 'next';
import Link from 'next/link';
import { FailureBox } from '@/app/FailureBox';
import { fieldsOf } from '@/lib/agents';
import { attempt } from '@/lib/failure';
import { all, ledger } from '@/lib/ledger';
import { modelChoices } from '@/lib/models';
import { AgentForm } from '../AgentForm';
import { ArchiveButton } from '../ArchiveButton';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Edit an agent' };

export default async function EditAgent({ params }: { params: Promise<{ name: string }> }) {
  const name = decodeURIComponent((await params).name);
  const found = await attempt(async () => ({
    agent: await ledger().agent({ name }),
    versions: await all(ledger().agentHistory({ name })),
    ...(await modelChoices()),
  }));
  if (found.failure) return <FailureBox failure={found.failure} />;
  const { agent, versions, choices, wellKnown } = found.value;
  return (
    <>
      <div className="title">
        <h1>{name}</h1>
        <Link className="button" href={`/chat/${encodeURIComponent(name)}`}>
          Chat
        </Link>
      </div>
      {agent.fault && <p className="failure">{agent.fault}</p>}
      <AgentForm
        key={String(agent.archived)}
        fields={fieldsOf(agent)}
        choices={choices}
        wellKnown={wellKnown}
      />
      <h2>Versions</h2>
      <ol className="versions" reversed>
        {versions.map((one) => (
          <li key={one.version} value={one.version}>
            {one.change} at <time dateTime={one.changed}>{one.changed.slice(0, 19)}</time>,{' '}
            {one.model ?? 'the default model'}
          </li>
        ))}
      </ol>
      <ArchiveButton name={name} version={agent.version} archived={agent.archived} />
    </>
  );
}
