'use client';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { FailureBox } from '@/app/FailureBox';
import { send } from '@/lib/send';
import type { AgentFields, Failure, ModelChoice, WellKnown } from '@/lib/types';
import { Conflict } from './Conflict';
import { ModelField } from './ModelField';

interface Props {
  fields: AgentFields; // version 0: a new agent
  choices: ModelChoice[];
  wellKnown: WellKnown[];
}

/** Creates an agent, or edits the version that the user has seen. */
export function AgentForm({ fields: given, choices, wellKnown }: Props) {
  const router = useRouter();
  const [fields, setFields] = useState(given);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [theirs, setTheirs] = useState<AgentFields | null>(null);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const isNew = given.version === 0;

  function change(part: Partial<AgentFields>) {
    setSaved(false);
    setFields((before) => ({ ...before, ...part }));
  }

  async function save(fields: AgentFields) {
    setBusy(true);
    const [method, path] = isNew
      ? ['POST', '/api/agents']
      : ['PUT', `/api/agents/${encodeURIComponent(fields.name)}`];
    const told = await send<{ agent: AgentFields; theirs: AgentFields }>(method, path, fields);
    setBusy(false);
    setTheirs(told.theirs ?? null);
    setFailure(told.failure && !told.theirs ? told.failure : null);
    if (!told.agent) return;
    if (isNew) router.push(`/chat/${encodeURIComponent(fields.name)}`);
    else {
      setFields(told.agent);
      setSaved(true);
      router.refresh();
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save(fields);
      }}
    >
      {isNew && (
        <label>
          Name
          <input
            required
            maxLength={128}
            value={fields.name}
            onChange={(event) => change({ name: event.target.value })}
          />
          <small>It never changes. Other programs use it, too.</small>
        </label>
      )}
      <ModelField
        chosen={fields.model}
        choices={choices}
        wellKnown={wellKnown}
        choose={(model) => change({ model })}
      />
      <label>
        System prompt
        <textarea
          rows={5}
          value={fields.system}
          onChange={(event) => change({ system: event.target.value })}
        />
        <small>What the agent is, and how it answers.</small>
      </label>
      <div className="pair">
        <label>
          Budget of a day, in USD
          <input
            inputMode="decimal"
            pattern="\d+(\.\d{1,12})?"
            title="an amount such as 0.50"
            value={fields.budget}
            onChange={(event) => change({ budget: event.target.value })}
          />
          <small>Hard: a call that may pass it is not sent. Empty: none of its own.</small>
        </label>
        <label>
          Longest answer, in tokens
          <input
            inputMode="numeric"
            pattern="\d*"
            title="a number of tokens such as 500"
            value={fields.max_tokens}
            onChange={(event) => change({ max_tokens: event.target.value })}
          />
          <small>The budget holds so much until a call has ended.</small>
        </label>
      </div>
      {theirs && (
        <Conflict
          theirs={theirs}
          take={() => {
            setFields(theirs);
            setTheirs(null);
          }}
          keep={() => {
            change({ version: theirs.version });
            void save({ ...fields, version: theirs.version });
          }}
        />
      )}
      {failure && <FailureBox failure={failure} />}
      <div className="row">
        <button className="main" disabled={busy}>
          {isNew ? 'Create the agent' : 'Save'}
        </button>
        <span role="status">{saved && `Saved as version ${fields.version}.`}</span>
      </div>
    </form>
  );
}
