import type { AgentFields } from '@/lib/types';

/** Somebody else has edited the agent since the user saw it. */
export function Conflict(props: { theirs: AgentFields; take: () => void; keep: () => void }) {
  const { theirs, take, keep } = props;
  return (
    <div className="failure" role="alert">
      <p>
        <strong>Somebody else has edited this agent meanwhile.</strong> Nothing was saved. What you
        wrote is still in the form. Version {theirs.version} is:
      </p>
      <dl>
        <dt>Model</dt>
        <dd>{theirs.model || 'the default one'}</dd>
        <dt>System prompt</dt>
        <dd>{theirs.system || 'none'}</dd>
        <dt>Budget of a day</dt>
        <dd>{theirs.budget ? `${theirs.budget} USD` : 'none'}</dd>
        <dt>Longest answer</dt>
        <dd>{theirs.max_tokens ? `${theirs.max_tokens} tokens` : 'as the model allows'}</dd>
      </dl>
      <div className="row">
        <button type="button" onClick={take}>
          Take theirs into the form
        </button>
        <button type="button" onClick={keep}>
          Keep mine, and save it over theirs
        </button>
      </div>
    </div>
  );
}
