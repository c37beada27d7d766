// The whole story of the product, in a browser. product.py --test runs it.
import path from 'node:path';
import Database from 'better-sqlite3';
import { API, APP, DATA, Page } from './support.mjs';
import { check, late, please, sandbox, slow, until, wayfare } from './support.mjs';

const FIRST = 'openai/gpt-4o-mini';
const SECOND = 'anthropic/claude-3-haiku';
const page = await Page.open();
let chat = ''; // the address of the conversation

const rows = (sql, ...values) => {
  const database = new Database(path.join(DATA, 'app.db'), { readonly: true });
  try {
    return database.prepare(sql).all(...values);
  } finally {
    database.close();
  }
};

async function newConversation(agent) {
  await page.go(`/chat/${agent}`);
  await page.role('button', 'New conversation').click();
  await page.page.waitForURL('**/conversations/*');
  chat = page.page.url().slice(APP.length);
}

/** What another program does: it asks the API service. */
async function post(agent, text) {
  const told = await fetch(`${API}/agents/${agent}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  return told.json();
}

/** Kills a program as soon as the ledger has its open call, and starts it again. */
async function killInCall(program, ...filter) {
  const open = () => wayfare('entries', ...filter).entries.find((one) => one.state === 'reserved');
  const { entry } = await until(open);
  await please(`kill ${program}`);
  await please(`start ${program}`);
  return entry;
}

/** Checks that the call of a killed program is unknown, and that nothing else is open. */
function checkUnknown(entry) {
  check(wayfare('verify').ok, 'the ledger is whole');
  const { entries } = wayfare('entries', '--limit', '1000');
  const { state } = entries.find((one) => one.entry === entry);
  check(state === 'unknown', `the call is unknown: ${state}`);
  check(entries.every((one) => one.state !== 'reserved'), 'no call is open');
}

const story = {
  async 'the set-up page shows what the doctor finds'() {
    await page.go('/setup');
    await page.sees('Nothing is wrong with this set-up.');
    await page.sees(/the server accepts the key/);
    await page.screenshots('setup');
  },

  async 'an agent is created by the keyboard alone'() {
    await page.go('/');
    await page.sees('There is no agent yet.');
    await page.tabTo('link', 'New agent');
    await page.press('Enter');
    await page.page.waitForURL('**/agents/new');
    await page.tabTo('textbox', /^Name/);
    await page.type('support');
    await page.tabTo('combobox', /^Model/);
    const options = await page.page.locator('optgroup[label="Well-known"] option').count();
    check(options === 5, 'the five well-known models come first');
    await page.type(FIRST);
    await page.tabTo('textbox', /^System prompt/);
    await page.type('You help customers. Be brief.');
    await page.tabTo('textbox', /^Budget of a day/);
    await page.press('Control+A');
    await page.type('0.50');
    await page.tabTo('button', 'Create the agent');
    await page.press('Enter');
    await page.page.waitForURL('**/chat/support');
    await page.sees(new RegExp(`${FIRST}, version 1`));
    check(wayfare('budget').budgets.some((one) => one.name === 'agent:support'), 'its budget');
  },

  async 'an answer streams, with tokens, cost and model'() {
    await page.tabTo('button', 'New conversation');
    await page.press('Enter');
    await page.page.waitForURL('**/conversations/*');
    chat = page.page.url().slice(APP.length);
    await slow('One two three four.', 0.4);
    await page.say('Count to four');
    await page.sees(/^One two/);
    check((await page.page.getByText('four.').count()) === 0, 'the answer comes in pieces');
    await page.sees('One two three four.');
    await page.sees(/gpt-4o-mini · \d+ tokens in, \d+ out · 0\.\d+ USD · version 1 of the agent/);
    const [stored] = rows("SELECT metadata FROM message WHERE role = 'assistant'");
    const metadata = JSON.parse(stored.metadata);
    check(metadata.v === 1 && metadata.agent_version === 1, 'agent_version is stored');
    check(metadata.cost === wayfare('entries').entries[0].cost, 'the cost is that of the ledger');
  },

  async 'another model serves the next message in all three programs'() {
    await page.go('/agents/support');
    await page.role('combobox', /^Model/).selectOption(SECOND);
    await page.role('button', 'Save').click();
    await page.sees('edited at');
    await page.sees('Saved as version 2.');
    await page.screenshots('agent');
    await page.go(chat);
    await page.say('And now?');
    await page.sees(/claude-3-haiku.* version 2 of the agent/);
    const { metadata } = await post('support', 'Hello from another program');
    check(metadata.model === SECOND && metadata.agent_version === 2, 'the API has it, too');
    await page.role('button', 'End and summarize').click();
    await page.role('heading', 'Summary').waitFor();
    const facts = page.page.locator('.summary .facts');
    await facts.getByText(/claude-3-haiku.* version 2 of the agent/).waitFor();
    const summaries = wayfare('entries', '--tag', 'summary').entries;
    check(summaries.length === 1 && summaries[0].agent === 'support', 'the worker has it, too');
    await page.screenshots('chat');
  },

  async 'an edit of an older version is refused'() {
    await page.go('/agents/support');
    wayfare('agent', 'edit', 'support', '--system', 'Be kind.');
    await page.page.getByLabel(/^System prompt/).fill('Be short.');
    page.expected = /409/;
    await page.role('button', 'Save').click();
    await page.sees('Somebody else has edited this agent meanwhile.');
    await page.sees('Be kind.');
    await page.screenshots('conflict');
    await page.role('button', /^Keep mine/).click();
    await page.sees('Saved as version 4.');
    check(wayfare('agent', 'show', 'support').agent.system === 'Be short.', 'it is saved');
  },

  async 'an answer can be stopped'() {
    await newConversation('support');
    await slow('One two three four five six seven eight nine ten.', 0.5);
    await page.say('Count to ten');
    await page.sees(/^One two/);
    await page.tabTo('button', 'Stop');
    await page.press('Enter');
    await page.sees('You stopped this answer.');
    await page.sees(/In the ledger: (unknown|settled)/);
    await page.sees(/claude-3-haiku.* version 4 of the agent/);
    const [last] = rows('SELECT * FROM message ORDER BY id DESC LIMIT 1');
    check(last.state === 'stopped' && last.text.startsWith('One two'), 'its part is stored');
  },

  async 'a failure shows its advice: 401, 429'() {
    const faults = [
      [401, 'unauthorized', 1],
      [429, 'rate_limited', 3], // it is tried again twice
    ];
    for (const [status, code, times] of faults) {
      await sandbox('faults', { fault: `status-${status}`, times });
      await page.say('Hello');
      const box = page.page.locator('.failure').filter({ hasText: code });
      await box.getByText(/What to do: /).waitFor();
      const draft = await page.role('textbox', /Your message/).inputValue();
      check(draft === 'Hello', 'the message can be sent again');
    }
    await page.say('Hello again');
    await page.sees(/^You said: “Hello again”/);
    await page.role('button', 'Send').waitFor();
    await page.screenshots('failures');
  },

  async 'a budget refuses, and so does an archived agent'() {
    wayfare(...'agent create poor --budget 0.000001 --window day --model'.split(' '), FIRST);
    await newConversation('poor');
    await page.say('Hello');
    const box = page.page.locator('.failure').filter({ hasText: 'budget_exceeded' });
    await box.getByText(/What to do: /).waitFor();
    await box.getByText(/^the budget agent:poor/).waitFor();
    await page.screenshots('budget');
    await page.go('/agents/poor');
    await page.role('button', 'Archive this agent').click();
    await page.role('button', 'Restore this agent').waitFor();
    await page.go(chat);
    await page.say('Hello');
    const archived = page.page.locator('.failure').filter({ hasText: 'no_agent' });
    await archived.getByText(/What to do: /).waitFor();
  },

  async 'one budget stops all three programs'() {
    await newConversation('support');
    await page.say('Hello');
    await page.sees(/^You said: “Hello”/);
    await page.role('button', 'Send').waitFor();
    const day = 'budget set product-day --window day --app product --limit'.split(' ');
    wayfare(...day, '0.00001');
    await page.say('Hello again');
    await page.sees(/^the budget product-day of/);
    const { failure } = await post('support', 'Hello');
    check(failure.code === 'budget_exceeded', 'the API is stopped');
    await page.role('button', 'End and summarize').click();
    await page.sees(/^It tries again: the budget product-day of/);
    wayfare(...day, '1');
    await page.page.locator('.summary .facts').getByText(/version 4 of the agent/).waitFor();
  },

  async 'a killed app leaves no call without a state'() {
    await newConversation('support');
    await slow('One two three four five six seven eight nine ten.', 0.5);
    page.expected = /ERR_|Failed to load/;
    await page.say('Count to ten');
    await page.sees(/^One two three/);
    await please('kill app');
    await page.sees('The app does not answer');
    await please('start app');
    await page.go(chat);
    await page.sees(/The app ended while this answer was written/);
    await page.sees(/In the ledger: unknown .*the budgets hold 0\.\d+ USD/);
    await page.screenshots('killed');
    const [{ entry }] = wayfare('entries', '--run', chat.split('/').at(-1)).entries;
    checkUnknown(entry);
    await page.go('/setup');
    await page.sees('It is whole');
    await page.sees(/unknown, agent support/);
    await page.go(chat);
    await page.say('Are you there?');
    await page.sees(/version 4 of the agent/);
  },

  async 'a killed API service leaves no call without a state'() {
    await late('Nobody sees this.', 15);
    const lost = post('support', 'Hello').catch((error) => error);
    const entry = await killInCall('api', '--agent', 'support');
    check((await lost) instanceof Error, 'its client gets no answer');
    const { metadata } = await post('support', 'Hello again');
    check(metadata.agent_version === 4, 'the API answers again');
    checkUnknown(entry);
  },

  async 'a killed worker leaves no call without a state, and the summary comes'() {
    await newConversation('support');
    await page.say('Hello');
    await page.sees(/^You said: “Hello”/);
    await page.role('button', 'Send').waitFor();
    await late('Nobody sees this.', 15);
    await page.role('button', 'End and summarize').click();
    const entry = await killInCall('worker', '--tag', 'summary');
    await page.page.locator('.summary .facts').getByText(/version 4 of the agent/).waitFor();
    checkUnknown(entry);
  },

  async 'an app that is told to end books what runs'() {
    await newConversation('support');
    await slow('One two three four five six seven eight nine ten.', 0.5);
    page.expected = /ERR_|Failed to load/;
    await page.say('Count to ten');
    await page.sees(/^One two/);
    await please('end app');
    const [entry] = wayfare('entries', '--run', chat.split('/').at(-1)).entries;
    check(entry.state === 'unknown', `it is unknown: ${entry.state}`);
    const [last] = rows('SELECT * FROM message ORDER BY id DESC LIMIT 1');
    check(last.state === 'lost', `the message is stored: ${last.state}`);
    check(JSON.parse(last.metadata).entry === entry.entry, 'with its metadata');
    await please('start app');
    await page.go(chat);
    await page.sees(/The app ended while this answer was written/);
  },

  async 'without a key the pages work, and a message tells what is missing'() {
    await please('end app');
    await please('start app without a key');
    await page.go(chat);
    await page.say('Hello');
    const box = page.page.locator('.failure').filter({ hasText: 'key_missing' });
    await box.getByText(/What to do: .*OPENROUTER_API_KEY/).waitFor();
    await please('end app');
    await please('start app');
  },

  async 'the usage page has the sums of the ledger'() {
    wayfare(...'agent create sales --budget 1 --window day --model'.split(' '), SECOND);
    check((await post('sales', 'Hello')).metadata.cost !== null, 'a second agent');
    await page.go('/usage');
    const shown = await page.page.locator('table').first().locator('tbody tr').evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent)),
    );
    const { usage } = wayfare('usage', '--by', 'day,app,agent');
    const own = usage.filter((row) => row.app === 'product');
    check(shown.length === own.length && own.length === 2, 'a row for each day and agent');
    for (const row of own) {
      const cells = shown.find(([day, agent]) => day === row.day && agent === row.agent);
      check(cells[2] === String(row.calls) && cells[6] === row.cost, `the sums of ${row.agent}`);
    }
    const told = await (await fetch(`${API}/usage`)).json();
    const total = own.find((row) => row.agent === 'support').cost;
    check(told.some((row) => row.agent === 'support' && row.cost === total), 'the API has them');
    await page.screenshots('usage');
    await page.go('/');
    await page.screenshots('agents');
    await until(() => wayfare('verify').ok);
  },
};

let failed = 0;
for (const [name, step] of Object.entries(story)) {
  page.expected = null;
  const begun = Date.now();
  try {
    await step();
    check(page.errors.length === 0, `the console is empty: ${page.errors.join('; ')}`);
    console.log(`ok    ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
    console.log(`      at ${page.page.url()}; the console: ${page.errors.join('; ')}`);
    await page.page.screenshot({ path: path.join(DATA, `failed-${failed}.png`), fullPage: true });
    page.errors = [];
  }
}
await page.browser.close();
console.log(failed === 0 ? 'the whole story is true' : `${failed} steps failed`);
process.exit(failed === 0 ? 0 : 1);
