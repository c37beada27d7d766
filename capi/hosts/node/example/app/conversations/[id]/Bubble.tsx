import { FailureBox } from '@/app/FailureBox';
import type { Booked, Message, Metadata } from '@/lib/types';

/** One message, with what is stored about its call. */
export function Bubble({ message }: { message: Message }) {
  const { role, text, state, metadata, failure, booked } = message;
  return (
    <li className={`message ${role}`}>
      <p className="who">{role === 'user' ? 'You' : 'Agent'}</p>
      {text && <p className="text">{text}</p>}
      {state === 'stopped' && <p className="state">You stopped this answer.</p>}
      {state === 'lost' && (
        <p className="state">The app ended while this answer was written. It is not whole.</p>
      )}
      {failure && <FailureBox failure={failure} />}
      {metadata && <Facts metadata={metadata} ended={booked === null} />}
      {booked && <InLedger booked={booked} />}
    </li>
  );
}

/** What is stored with the message. What is not known is not told as zero. */
export function Facts({ metadata, ended = true }: { metadata: Metadata; ended?: boolean }) {
  const { model, prompt_tokens, completion_tokens, cost, agent_version } = metadata;
  const known = prompt_tokens !== null && completion_tokens !== null;
  const parts = [
    model,
    known ? `${prompt_tokens} tokens in, ${completion_tokens} out` : ended && 'tokens not known',
    cost !== null ? `${cost} USD` : ended && 'cost not known',
    agent_version != null && `version ${agent_version} of the agent`,
  ];
  return <p className="facts">{parts.filter(Boolean).join(' · ')}</p>;
}

const MEANING: Record<string, string> = {
  reserved: 'the call may still run',
  settled: 'its end is known',
  void: 'it was not sent, or refused without a bill',
  unknown: 'it may be billed, and wayfare looks up what it cost',
};

function InLedger({ booked }: { booked: Booked }) {
  const { state, cost, held } = booked;
  return (
    <p className="facts">
      In the ledger: {state} ({MEANING[state]})
      {state !== 'void' && ` · ${cost === null ? 'cost not known yet' : `${cost} USD`}`}
      {held !== null && ` · the budgets hold ${held} USD for it`}
    </p>
  );
}
