// Compiles where the types are right. It is not run.
import { Client, WayfareError, picodollars, sumOfDollars, type Agent, type Reply } from 'wayfare';

export async function all(): Promise<void> {
  const client = new Client({ ledger: 'usage.db', model: 'a/b', charge_to: { app: 'web' } });
  const reply: Reply = await client.chat('Hello', {
    model: 'a/b',
    max_tokens: 5,
    charge_to: { user: 'ann', tags: ['x'] },
    route: { policy: 'cheapest', max_cost: '0.01', models: ['a/b'] },
    signal: AbortSignal.timeout(1000),
  });
  const cost: string | null = reply.cost;
  if (cost) picodollars(cost) > 1n;
  for await (const event of client.stream([{ role: 'user', content: 'Hi' }], { agent: 'support' })) {
    if (event.type === 'text') event.text.trim();
    if (event.type === 'tool') event.tool_call.arguments.trim();
    if (event.type === 'usage') event.usage.prompt_tokens?.toFixed();
  }
  const agent: Agent = await client.createAgent({ name: 'support', tools: [{ type: 'function' }] });
  await client.editAgent({ name: agent.name, version: agent.version, model: 'c/d' });
  for await (const entry of client.entries({ since: new Date(), newest: true })) entry.entry.trim();
  const rows = await client.usage({ by: ['agent', 'agent_version'] });
  sumOfDollars(rows.map((row) => row.cost));
  await client.budget({ name: 'b', limit: '5.00', window: 'day', mode: 'hard' });
  // @ts-expect-error: no such window
  await client.budget({ name: 'b', limit: '5.00', window: 'fortnight' });
  // @ts-expect-error: the name is missing
  await client.createAgent({ model: 'a/b' });
  for await (const notice of client.watch()) notice.text.trim();
  for await (const notice of client.watch({ of: 'process' })) notice.ledger.trim();
  try {
    await client.run('verify');
  } catch (error) {
    if (error instanceof WayfareError && error.code === 'rate_limited') error.retry_after?.toFixed();
  }
  await client.close();
}
