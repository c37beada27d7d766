'use strict';
// What bundlers take for places where no addon can run.
throw new Error(
  'wayfare needs Node.js: it keeps a ledger on the disk. In a Next.js route, add ' +
    "export const runtime = 'nodejs', and import it only on the server.",
);
