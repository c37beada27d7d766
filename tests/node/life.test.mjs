// How the Node package lives with its host: cancels, closes, exits, workers, and the event loop.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  Client,
  closeAll,
  entriesOf,
  freshClient,
  freshLedger,
  opened,
  packageFolder,
  requestsReach,
  requestsSoFar,
  run,
} from './lib.mjs';

afterEach(closeAll);

const model = 'openai/gpt-4o-mini';
const silent = { model: 'sandbox/silent', route: { retries: 0 } };
const program = `import { Client } from ${JSON.stringify(join(packageFolder, 'index.mjs'))};
const client = new Client({ ledger: process.env.LEDGER });`;

test('an aborted signal cancels a call, and the ledger tells it', async () => {
  const client = freshClient();
  const aborted = AbortSignal.abort(new Error('no more'));
  await assert.rejects(client.chat('Hi', { model, signal: aborted }), /no more/);
  assert.throws(() => client.stream('Hi', { model, signal: aborted }), /no more/);
  const before = await requestsSoFar();
  const controller = new AbortController();
  const call = client.chat('Hi', { ...silent, signal: controller.signal });
  await requestsReach(before + 1);
  controller.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
  const [entry] = await entriesOf(client);
  assert.equal(entry.state, 'unknown'); // the server may bill it
});

test('an aborted signal, a break and a cancel end a stream', async () => {
  const client = freshClient();
  const controller = new AbortController();
  const slow = { model: 'sandbox/slow-20' };
  await assert.rejects(async () => {
    for await (const event of client.stream('Hi', { ...slow, signal: controller.signal })) {
      if (event.type === 'text') controller.abort(new Error('stop'));
    }
  }, /stop/);
  const stopped = new AbortController();
  const some = client.stream('Hi', { ...slow, signal: stopped.signal });
  assert.equal(some.partial, null);
  await some.next();
  stopped.abort();
  await assert.rejects(some.reply(), { name: 'AbortError' });
  assert.ok(some.partial.metadata.entry); // what came of it can be stored
  for await (const event of client.stream('Hi', slow)) if (event.type === 'text') break;
  const stream = client.stream('Hi', slow);
  await stream.next();
  stream.cancel();
  await assert.rejects(stream.reply(), { code: 'cancelled' });
  while ((await entriesOf(client)).filter((one) => one.state === 'reserved').length > 0);
  assert.equal((await entriesOf(client)).length, 4);
});

test('calls that wait take no thread of the pool', async () => {
  // With one thread in the pool, a call that held it would keep the file from being read.
  const { code, out, errors } = await run(
    `${program}
    import { readFile } from 'node:fs/promises';
    const calls = [1, 2, 3, 4].map(() => client.chat('Hi', ${JSON.stringify(silent)}));
    await readFile(process.execPath.replace(/[^/]*$/, '') + '../../etc/hostname').catch(() => 0);
    console.log('read');
    for (const call of calls) call.catch(() => 0);
    await client.close();
    console.log('closed');`,
    { env: { UV_THREADPOOL_SIZE: '1', LEDGER: freshLedger() } },
  );
  assert.equal(out, 'read\nclosed\n', errors);
  assert.equal(code, 0);
});

test('close ends the calls that are waited for', async () => {
  const client = freshClient();
  const before = await requestsSoFar();
  const call = client.chat('Hi', silent);
  const stream = client.stream('Hi', silent);
  const reply = stream.reply();
  await requestsReach(before + 2);
  const closed = client.close();
  await assert.rejects(call, { code: 'cancelled' });
  await assert.rejects(reply, { code: 'cancelled' });
  await closed;
  await client.close(); // once more does nothing
  await assert.rejects(client.chat('Hi', { model }), { code: 'closed' });
  assert.throws(() => client.stream('Hi', { model }), { code: 'closed' });
  freshClient()[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
});

for (const [how, end, code] of [
  ['by process.exit', 'process.exit(7);', 7],
  ['by an exception', 'throw new Error("oops");', 1],
  ['when nothing else is to do', 'client.watch(); client.stream("Hi", SILENT);', 0],
]) {
  test(`a process ends cleanly with calls in flight ${how}`, async () => {
    const ledger = freshLedger();
    const done = await run(
      `${program}
      const SILENT = ${JSON.stringify(silent)};
      const before = (await (await fetch(process.env.OPENROUTER_BASE_URL + '/_sandbox/count'))
        .json()).count;
      client.chat('Hi', SILENT).catch(() => 0);
      for (let count = before; count <= before;)
        count = (await (await fetch(process.env.OPENROUTER_BASE_URL + '/_sandbox/count'))
          .json()).count;
      ${code === 0 ? 'client.run("verify").then(() => process.exitCode = 0);' : ''}
      ${end}
      ${code === 0 ? 'setTimeout(() => process.exit(0), 100);' : ''}`,
      { env: { LEDGER: ledger } },
    );
    assert.equal(done.signal, null, done.errors);
    assert.equal(done.code, code, done.errors);
    const client = opened(new Client({ ledger }));
    const states = (await entriesOf(client)).map((one) => one.state);
    assert.ok(states.length >= 1 && !states.includes('reserved'), states.join());
  });
}

test('a client that is not used keeps no process alive', async () => {
  const { code } = await run(`${program} await client.usage({});`, {
    env: { LEDGER: freshLedger() },
  });
  assert.equal(code, 0);
});

test('worker threads have clients of their own, and may be terminated', async () => {
  const ledger = freshLedger();
  const work = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Client } = require(workerData.folder);
    const client = new Client({ ledger: workerData.ledger });
    client.chat('Hello', { model: workerData.model }).then(
      async (reply) => { await client.close(); parentPort.postMessage(reply.text); });`;
  const begin = (itsModel) =>
    new Worker(work, { eval: true, workerData: { folder: packageFolder, ledger, model: itsModel } });
  const texts = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = begin(model);
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  assert.equal(new Set(texts).size, 1);
  const before = await requestsSoFar();
  const stuck = begin('sandbox/silent');
  await requestsReach(before + 1);
  await stuck.terminate();
  const client = opened(new Client({ ledger }));
  const states = (await entriesOf(client)).map((one) => one.state).sort();
  assert.deepEqual(states, ['settled', 'settled', 'settled', 'settled', 'unknown']);
});

test('clients that are forgotten are collected', async () => {
  const { code, out, errors } = await run(
    `${program}
    import { readdirSync } from 'node:fs';
    const open = () => readdirSync('/proc/self/fd').length;
    await client.chat('Hello', { model: '${model}' });
    const before = open();
    for (let at = 0; at < 20; ++at) {
      const one = new Client({ ledger: process.env.LEDGER });
      await one.chat('Hello', { model: '${model}' });
    }
    const peak = open();
    for (let at = 0; at < 200 && open() > before + 10; ++at) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(peak > before + 60, open() <= before + 10); // the last one may stay
    await client.close();`,
    { args: ['--expose-gc'], env: { LEDGER: freshLedger() } },
  );
  assert.equal(out, 'true true\n', errors);
  assert.equal(code, 0, errors);
});

test('many calls leave nothing behind', async () => {
  const calls = Number(process.env.WAYFARE_NODE_CALLS ?? 2000);
  const client = freshClient({ durability: 'no_sync' });
  const some = async (count) => {
    for (let at = 0; at < count; at += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_one, index) =>
          index % 2 ? client.chat('Hi', { model }) : client.stream('Hi', { model }).reply(),
        ),
      );
    }
    return process.memoryUsage().rss;
  };
  await some(calls / 2);
  const descriptors = readdirSync('/proc/self/fd').length;
  const before = process.memoryUsage().rss;
  const after = await some(calls);
  assert.ok(readdirSync('/proc/self/fd').length <= descriptors + 8);
  assert.ok(after - before < 40e6, `${(after - before) / 1e6} MB more after ${calls} calls`);
});

test('it is loaded by require and by import, and refused at the edge', async () => {
  const require = createRequire(import.meta.url);
  assert.equal(require(packageFolder).Client, Client);
  assert.throws(() => require(join(packageFolder, 'edge.js')), /needs Node\.js/);
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  assert.equal(manifest.exports['.']['edge-light'], './edge.js');
  assert.equal(manifest.scripts, undefined); // nothing runs when it is installed
  const { errors } = await run(`await import(${JSON.stringify(join(packageFolder, 'index.mjs'))})`, {
    env: { WAYFARE_ADDON: '/nowhere/wayfare.node' },
  });
  assert.match(errors, /wayfare cannot load its addon: .*serverExternalPackages/s);
});
