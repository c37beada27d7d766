import type { Failure } from '@/lib/types';

/** What went wrong, and what to do. */
export function FailureBox({ failure }: { failure: Failure }) {
  return (
    <div className="failure" role="alert">
      <p>
        <strong>{failure.message}</strong>
      </p>
      {failure.advice && <p>What to do: {failure.advice}.</p>}
      <p className="quiet">
        <code>{failure.code}</code>
        {failure.status !== null && ` · status ${failure.status}`}
        {failure.budget && ` · budget ${failure.budget}`}
        {failure.resets_at && ` · resets at ${failure.resets_at}`}
        {failure.retry_after !== null && ` · the server asks to wait ${failure.retry_after} s`}
        {failure.retryable && ' · the same may work later'}
      </p>
    </div>
  );
}
