import Link from 'next/link';
import { attempt } from '@/lib/failure';
import { all, ledger } from '@/lib/ledger';
import { FailureBox } from './FailureBox';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

export default async function Agents() {
  const found = await attempt(async () => {
    const agents = await all(ledger().agents({}));
    const archived = await all(ledger().agents({ archived: true }));
    return { agents: [...agents, ...archived], budgets: await ledger().budgets({}) };
  });
  if (found.failure) return <FailureBox failure={found.failure} />;
  const { agents, budgets } = found.value;
  const budgetOf = (agent: string) => budgets.find((one) => one.name === `agent:${agent}`);
  const day = budgets.find((one) => one.name === 'product-day');
  return (
    <>
      <div className="title">
        <h1>Agents</h1>
        <Link className="button" href="/agents/new">
          New agent
        </Link>
      </div>
      {day && (
        <p className="quiet">
          All of them together may spend {day.limit} USD a day. {day.left} USD are left today.
        </p>
      )}
      {agents.length === 0 ? (
        <p>There is no agent yet. Create the first one.</p>
      ) : (
        <div className="wide">
          <table>
            <thead>
              <tr>
                <th scope="col">Agent</th>
                <th scope="col">Model</th>
                <th scope="col" className="number roomy">
                  Version
                </th>
                <th scope="col" className="number">
                  Left today, USD
                </th>
                <th scope="col">
                  <span className="hidden">What to do</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {agents.map((agent) => (
                <tr key={agent.name}>
                  <th scope="row">
                    <Link href={`/chat/${encodeURIComponent(agent.name)}`}>{agent.name}</Link>{' '}
                    {agent.archived && <span className="badge">archived</span>}
                  </th>
                  <td className="model">{agent.model ?? 'the default one'}</td>
                  <td className="number roomy">{agent.version}</td>
                  <td className="number">{budgetOf(agent.name)?.left ?? 'no own limit'}</td>
                  <td className="actions">
                    <Link href={`/agents/${encodeURIComponent(agent.name)}`}>
                      Edit<span className="hidden"> {agent.name}</span>
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
