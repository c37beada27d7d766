// What the story needs: a browser, the sandbox, the ledger, and the program that runs all of them.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const { CHROMIUM, SANDBOX, SCREENSHOTS, WAYFARE } = process.env;
export const { APP, PRODUCT_API: API, PRODUCT_DATA: DATA } = process.env;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks product.py for what only it can do, such as `kill app`. */
export async function please(order) {
  console.log(`please ${order}`);
  await answers.next();
}

/** What a command of wayfare prints as JSON. */
export function wayfare(...words) {
  const run = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  return JSON.parse(execFileSync(WAYFARE, [...words, '--json'], run));
}

/** Tells the sandbox what to answer (`replies`), or what is to go wrong (`faults`). */
export async function sandbox(what, order) {
  const body = JSON.stringify(order);
  const told = await fetch(`${SANDBOX}/_sandbox/${what}`, { method: 'POST', body });
  if (!told.ok) throw new Error(await told.text());
}

/** An answer whose pieces come slowly. */
export const slow = (words, pace) =>
  sandbox('replies', { text: words.split(/(?<= )/), pace, finish: 'stop' });

/** An answer that comes whole, after some seconds. */
export const late = (text, wait) => sandbox('replies', { text, wait, finish: 'stop' });

export function check(right, what) {
  if (!right) throw new Error(`not so: ${what}`);
}

export async function until(what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const got = await what();
    if (got) return got;
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

/** A page whose errors are kept, except those that a step expects. */
export class Page {
  errors = [];
  expected = null;

  static async open() {
    const made = new Page();
    made.browser = await chromium.launch({ executablePath: CHROMIUM });
    made.page = await made.browser.newPage({ viewport: { width: 1000, height: 800 } });
    made.page.setDefaultTimeout(20_000);
    made.page.on('console', (message) => {
      if (message.type() === 'error') made.tell(message.text());
    });
    made.page.on('pageerror', (error) => made.tell(String(error)));
    return made;
  }

  tell(text) {
    if (!this.expected?.test(text)) this.errors.push(text);
  }

  async go(where) {
    await this.page.goto(APP + where, { waitUntil: 'networkidle' });
  }

  /** The element of this role and name. */
  role(role, name) {
    return this.page.getByRole(role, name === undefined ? {} : { name });
  }

  async sees(text) {
    await this.page.getByText(text).last().waitFor();
  }

  /** Presses Tab until the focus is on the element of this role and name. */
  async tabTo(role, name) {
    const wanted = await this.role(role, name).first().elementHandle();
    for (let turn = 0; turn < 40; turn += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`the key Tab does not reach ${role} ${name}`);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  /** Sends a message by the keyboard. */
  async say(text) {
    await this.tabTo('textbox', /Your message/);
    await this.press('Control+A');
    await this.type(text);
    await this.press('Enter');
  }

  /** Pictures of this page: light, dark, and as narrow as a telephone. */
  async screenshots(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme });
      const file = path.join(SCREENSHOTS, `${name}-${colorScheme}.png`);
      await this.page.screenshot({ path: file, fullPage: true });
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.setViewportSize({ width: 360, height: 740 });
    const wide = await this.page.evaluate(() => document.scrollingElement.scrollWidth);
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `${name}-narrow.png`) });
    await this.page.setViewportSize({ width: 1000, height: 800 });
    check(wide <= 360, `${name} fits a narrow screen (${wide} pixels)`);
  }
}
