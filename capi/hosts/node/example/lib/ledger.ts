// The one wayfare client of this process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'wayfare';

// A development server loads a module again when it changes. The client stays.
const kept = globalThis as typeof globalThis & { wayfareClient?: Client };

/** The account of all three programs. The budget product-day counts everything charged to it. */
export const APP = 'product';

/** Opens the client at its first use. The ledger is the file that WAYFARE_LEDGER names. */
export function ledger(): Client {
  kept.wayfareClient ??= new Client({
    ...envFolder(),
    charge_to: { app: APP },
    require_charge_to: ['app', 'agent'], // so that no call escapes the budgets
  });
  return kept.wayfareClient;
}

/** The folder with .env.local, if it has one. Without a key only calls fail, not the pages. */
function envFolder(): { env_folder?: string } {
  const folder = process.env.PRODUCT_ENV_FOLDER;
  return folder && existsSync(path.join(folder, '.env.local')) ? { env_folder: folder } : {};
}

/** Cancels what runs, books it and closes the ledger. */
export async function closeLedger(): Promise<void> {
  await kept.wayfareClient?.close();
}

/** The items of a list that comes in pages. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}
