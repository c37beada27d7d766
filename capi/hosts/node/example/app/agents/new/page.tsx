import type { Metadata } from 'next';
import { FailureBox } from '@/app/FailureBox';
import { attempt } from '@/lib/failure';
import { modelChoices } from '@/lib/models';
import { AgentForm } from '../AgentForm';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'New agent' };

export default async function NewAgent() {
  const found = await attempt(modelChoices);
  if (found.failure) return <FailureBox failure={found.failure} />;
  const { choices, wellKnown } = found.value;
  const living = wellKnown.find((one) => !one.gone)?.id ?? choices[0]?.id ?? '';
  const fields = {
    name: '',
    version: 0,
    archived: false,
    model: living,
    system: '',
    max_tokens: '500',
    budget: '1',
  };
  return (
    <>
      <h1>New agent</h1>
      <AgentForm fields={fields} choices={choices} wellKnown={wellKnown} />
    </>
  );
}
