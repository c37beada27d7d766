// What the tests of the Node package share.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const packageFolder = process.env.WAYFARE_PACKAGE;
export const { Client, WayfareError, dollars, picodollars, sumOfDollars, version } = await import(
  join(packageFolder, 'index.mjs')
);
const base = process.env.OPENROUTER_BASE_URL;

export const freshLedger = () => join(mkdtempSync(join(tmpdir(), 'wayfare-')), 'ledger.db');

/** A client that is closed after the test. */
const clients = [];
export function opened(client) {
  clients.push(client);
  return client;
}
export const closeAll = () => Promise.all(clients.splice(0).map((client) => client.close()));
export const freshClient = (options = {}) =>
  opened(new Client({ ledger: freshLedger(), dialect: 'openrouter', ...options }));

/** Asks the sandbox by its control paths. */
export async function sandbox(path, body) {
  const answer = await fetch(`${base}/_sandbox/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

export const requestsSoFar = async () => (await sandbox('count')).count;

/** Waits until the sandbox has got so many requests. */
export async function requestsReach(count) {
  while ((await requestsSoFar()) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function entriesOf(client) {
  const all = [];
  for await (const entry of client.entries()) all.push(entry);
  return all;
}

/** Runs a program in another process. */
export function run(text, { args = [], env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, '--input-type=module', '-e', text], {
      env: { ...process.env, ...env },
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (piece) => (out += piece));
    child.stderr.on('data', (piece) => (errors += piece));
    child.on('close', (code, signal) => resolve({ code, signal, out, errors }));
  });
}
