// Calls, streams, operations and errors of the Node package.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, test } from 'node:test';
import {
  Client,
  WayfareError,
  closeAll,
  dollars,
  entriesOf,
  freshClient,
  freshLedger,
  opened,
  picodollars,
  requestsSoFar,
  sandbox,
  sumOfDollars,
  version,
} from './lib.mjs';

afterEach(closeAll);

const model = 'openai/gpt-4o-mini';

test('a chat gives the reply, and the ledger has it', async () => {
  const client = freshClient();
  const before = await requestsSoFar();
  const reply = await client.chat('Hello', {
    model,
    max_tokens: 50,
    charge_to: { app: 'web', user: 'ann' },
    request_id: 'r-1',
  });
  assert.match(reply.text, /Hello/);
  assert.equal(typeof reply.cost, 'string');
  assert.equal(reply.metadata.cost, reply.cost);
  assert.equal(reply.request_id, 'r-1');
  const { requests } = await sandbox('requests');
  const sent = requests.at(-1);
  assert.equal(requests.length - before, 1);
  assert.deepEqual(Object.keys(sent.body).slice(0, 3), ['model', 'messages', 'max_tokens']);
  const [entry] = await entriesOf(client);
  assert.equal(entry.entry, reply.entry);
  assert.equal(entry.user, 'ann');
  const [row] = await client.usage({ by: ['app', 'user'] });
  assert.equal(row.cost, reply.cost);
  assert.match(version, /^\d+\.\d+\.\d+/);
});

test('a whole body is sent as it is', async () => {
  const sent = [];
  const server = createServer((request, answer) => {
    request.setEncoding('utf8').on('data', (piece) => sent.push(piece));
    request.on('end', () => answer.end('{"choices":[{"message":{"content":"ok"}}]}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = freshClient({ base_url: `http://127.0.0.1:${server.address().port}/v1` });
  const body = `{ "messages":[{"role":"user","content":"Hi"}], "model":"${model}" ,"seed":1.50}`;
  await client.chat(null, { body_json: body });
  assert.equal(sent.join(''), body);
  await assert.rejects(client.chat('Hi', { body_json: body }), { code: 'invalid' });
  server.close();
});

test('a stream gives its pieces, and the whole reply at the end', async () => {
  const client = freshClient();
  const stream = client.stream('Count', { model });
  let text = '';
  const types = new Set();
  for await (const event of stream) {
    types.add(event.type);
    if (event.type === 'text') text += event.text;
  }
  const reply = await stream.reply();
  assert.equal(text, reply.text);
  assert.ok(types.has('text') && types.has('usage'));
  let again = '';
  for await (const piece of client.stream('Count', { model }).text()) again += piece;
  assert.equal(again, text);
});

test('tool calls come in pieces and whole', async () => {
  const client = freshClient();
  await sandbox('replies', { tool: 'weather', arguments: { city: 'Paris' } });
  const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }];
  const stream = client.stream('Paris?', { model, tools });
  const pieces = [];
  for await (const event of stream) if (event.type === 'tool') pieces.push(event.tool_call);
  const [call] = (await stream.reply()).tool_calls;
  assert.equal(pieces.map((one) => one.arguments).join(''), call.arguments);
  assert.equal(call.name, 'weather');
});

test('errors have their code, advice and reply', async () => {
  const client = freshClient();
  const failed = client.chat('Hi', { model: 'sandbox/status-401', route: { retries: 0 } });
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof WayfareError && error instanceof Error);
    assert.equal(error.code, 'unauthorized');
    assert.equal(error.status, 401);
    assert.equal(error.retryable, false);
    assert.ok(error.advice && String(error).startsWith('unauthorized: '));
    return true;
  });
  const stream = client.stream('Hi', { model: 'sandbox/cut', route: { retries: 0 } });
  let text = '';
  await assert.rejects(async () => {
    for await (const event of stream) text += event.text ?? '';
  }, (error) => error instanceof WayfareError && error.reply.text === text);
  await assert.rejects(stream.reply(), WayfareError);
  assert.throws(() => new Client({ no_such_option: 1 }), { code: 'invalid' });
  await assert.rejects(client.chat(7), { code: 'invalid' });
});

test('a value that got lost is refused, and not left out', async () => {
  const client = freshClient();
  await assert.rejects(client.chat('Hi', { model, charge_to: { user: undefined } }), {
    code: 'invalid',
    message: 'charge_to.user is given without a value',
  });
  await assert.rejects(client.block({ agent: undefined }), { code: 'invalid' });
  assert.equal((await client.chat('Hi', { model, agent: undefined })).agent_version, null);
});

test('operations have methods by their names in camel case', async () => {
  const client = freshClient();
  const agent = await client.createAgent({
    name: 'support',
    model,
    system: 'Be brief.',
    budget: { limit: '5.00', window: 'day' },
  });
  const reply = await client.chat('Hi', { agent: 'support', max_tokens: 20 });
  assert.equal(reply.agent_version, agent.version);
  assert.ok(reply.added.includes('messages[0]'));
  await client.editAgent({ name: 'support', version: 1, model: 'openai/gpt-4' });
  await assert.rejects(client.editAgent({ name: 'support', version: 1 }), { code: 'conflict' });
  for (let at = 0; at < 120; ++at) await client.createAgent({ name: `a${at}` });
  let count = 0; // several pages
  for await (const one of client.agents({})) count += one.name ? 1 : 0;
  assert.equal(count, 121);
  assert.equal((await client.explain({ entry: reply.entry })).agent.model, model);
  assert.equal(await client.block({ agent: 'support' }), null);
  await assert.rejects(client.chat('Hi', { agent: 'support' }), { code: 'blocked' });
  const [budget] = await client.budgets();
  assert.equal(budget.name, 'agent:support');
  assert.ok((await client.models({ parameters: ['tools'] })).models.length > 0);
  assert.equal((await client.run('verify')).ok, true);
  const since = new Date(Date.now() - 60_000);
  assert.equal((await client.crossings({ since })).length, 0);
  const { rows, total } = await client.replay({ since, model: 'openai/gpt-4', by: ['agent'] });
  assert.deepEqual([total.calls, total.priced, total.exact], [1, 1, false]);
  assert.deepEqual([rows[0].agent, rows[0].replayed_model], ['support', 'openai/gpt-4']);
});

test('a hard budget holds for clients of one ledger', async () => {
  const ledger = freshLedger();
  const one = opened(new Client({ ledger, dialect: 'openrouter' }));
  const two = opened(new Client({ ledger, dialect: 'openrouter' }));
  await one.budget({ name: 'b', limit: '0.00002', window: 'lifetime' });
  const calls = [one, two, one, two, one, two].map((client) =>
    client.chat('Hello', { model, max_tokens: 20 }).catch((error) => error.code),
  );
  const ends = await Promise.all(calls);
  assert.ok(ends.includes('budget_exceeded'));
  const [budget] = await one.budgets();
  assert.ok(picodollars(budget.spent) <= picodollars(budget.limit));
});

test('notices come to those who watch', async () => {
  const client = freshClient();
  const watch = client.watch();
  const first = watch.next();
  await client.chat('Hi', { model });
  const { value } = await first;
  assert.equal(value.type, 'ended');
  assert.ok(value.text.length > 0);
  const waiting = watch.next();
  await watch.return();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('a watch of the process sees every client', async () => {
  const watch = freshClient().watch({ of: 'process' });
  const first = watch.next();
  const calling = freshClient({ ledger: freshLedger() });
  const reply = await calling.chat('Hi', { model });
  const { value } = await first;
  assert.equal(value.type, 'ended');
  assert.equal(value.entry, reply.entry);
  assert.ok(value.ledger.length > 0 && value.base_url.startsWith('http'));
  await watch.return();
});

test('money is exact', () => {
  assert.equal(picodollars('0.00012'), 120000000n);
  assert.equal(dollars(120000000n), '0.00012');
  assert.equal(dollars(-1n), '-0.000000000001');
  assert.equal(dollars(picodollars('9007199254740993.5')), '9007199254740993.5');
  assert.equal(sumOfDollars(['0.1', '0.2', '-0.05']), '0.25');
  for (const wrong of ['1e-5', '', '.5', null, '1.0000000000001']) {
    assert.throws(() => picodollars(wrong), TypeError);
  }
});
