import type { Metadata } from 'next';
import { sumOfDollars } from 'wayfare';
import { FailureBox } from '@/app/FailureBox';
import { lastDays } from '@/lib/days';
import { attempt } from '@/lib/failure';
import { APP, ledger } from '@/lib/ledger';
import { Budgets } from './Budgets';
import { Chart } from './Chart';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Usage' };

const DAYS = 14;

export default async function Usage() {
  const found = await attempt(async () => {
    const since = `${lastDays(DAYS)[0]}T00:00:00Z`;
    const rows = await ledger().usage({ by: ['day', 'app', 'agent'], since });
    const own = rows.filter((row) => row.app === APP);
    return { rows: own, budgets: await ledger().budgets({}) };
  });
  if (found.failure) return <FailureBox failure={found.failure} />;
  const { rows, budgets } = found.value;
  const newest = [...rows].sort((a, b) => (b.day ?? '').localeCompare(a.day ?? ''));
  const total = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0);
  return (
    <>
      <h1>Usage</h1>
      <p className="quiet">The last {DAYS} days in UTC, as the ledger has them.</p>
      {rows.length === 0 ? (
        <p>There were no calls yet.</p>
      ) : (
        <>
          <Chart rows={rows} days={DAYS} />
          <div className="wide">
            <table>
              <caption>By day and agent</caption>
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  <th scope="col">Agent</th>
                  <th scope="col" className="number">Calls</th>
                  <th scope="col" className="number">Cost not known</th>
                  <th scope="col" className="number">Tokens in</th>
                  <th scope="col" className="number">Tokens out</th>
                  <th scope="col" className="number">Cost, USD</th>
                </tr>
              </thead>
              <tbody>
                {newest.map((row) => (
                  <tr key={`${row.day} ${row.agent}`}>
                    <td>{row.day}</td>
                    <th scope="row">{row.agent ?? 'no agent'}</th>
                    <td className="number">{row.calls}</td>
                    <td className="number">{row.unknown}</td>
                    <td className="number">{row.prompt_tokens}</td>
                    <td className="number">{row.completion_tokens}</td>
                    <td className="number">{row.cost}</td>
                  </tr>
                ))}
              </tbody>
              <tfoot>
                <tr>
                  <th scope="row" colSpan={2}>All</th>
                  <td className="number">{total((row) => row.calls)}</td>
                  <td className="number">{total((row) => row.unknown)}</td>
                  <td className="number">{total((row) => row.prompt_tokens)}</td>
                  <td className="number">{total((row) => row.completion_tokens)}</td>
                  <td className="number">{sumOfDollars(rows.map((row) => row.cost))}</td>
                </tr>
              </tfoot>
            </table>
          </div>
        </>
      )}
      <Budgets budgets={budgets} />
    </>
  );
}
