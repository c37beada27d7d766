import type { Metadata } from 'next';
import { FailureBox } from '@/app/FailureBox';
import { doctor } from '@/lib/doctor';
import { attempt } from '@/lib/failure';
import { all, ledger } from '@/lib/ledger';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Set-up' };

export default async function Setup() {
  const findings = await doctor();
  const bad = findings.filter((one) => one.level !== 'ok' && one.level !== 'note').length;
  const found = await attempt(async () => ({
    verified: await ledger().verify({}),
    unknown: await all(ledger().unknown({})),
  }));
  return (
    <>
      <h1>Set-up</h1>
      <p role="status">
        {bad === 0 ? 'Nothing is wrong with this set-up.' : `There are ${bad} things to mend.`}
      </p>
      <ul className="findings">
        {findings.map((one, at) => (
          <li key={at} className={one.level}>
            <span className="badge">{one.level}</span>
            <div>
              <p>
                <strong>{one.check}</strong>: {one.text}
              </p>
              {one.advice && <p className="quiet">What to do: {one.advice}.</p>}
            </div>
          </li>
        ))}
      </ul>
      <h2>The ledger</h2>
      {found.failure && <FailureBox failure={found.failure} />}
      {found.value && (
        <>
          <p>
            {found.value.verified.ok
              ? `It is whole: ${found.value.verified.entries} rows were read.`
              : 'It has problems:'}
          </p>
          <ul>
            {found.value.verified.problems.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
          <p>
            {found.value.unknown.length === 0
              ? 'The cost of every call that has ended is known.'
              : 'The costs of these calls are not known yet:'}
          </p>
          <ul>
            {found.value.unknown.map((one) => (
              <li key={one.entry}>
                <code>{one.entry}</code> {one.state}, agent {one.agent ?? 'none'}, {one.model}: the
                budgets hold {one.held} USD
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
