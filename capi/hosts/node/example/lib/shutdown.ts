// NEXT_MANUAL_SIG_HANDLE lets the app end itself, so that running calls are booked before.
import { closeLedger } from './ledger';

export function listen(): void {
  if (!process.env.NEXT_MANUAL_SIG_HANDLE) return;
  const end = () => {
    void closeLedger().finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
