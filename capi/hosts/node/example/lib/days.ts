// The last days of the usage, for the chart and the table.
import type { UsageRow } from 'wayfare';

/** The days in UTC, such as 2026-11-27, up to today. */
export function lastDays(count: number): string[] {
  const today = Math.floor(Date.now() / 86_400_000);
  return Array.from({ length: count }, (_, back) =>
    new Date((today - count + 1 + back) * 86_400_000).toISOString().slice(0, 10),
  );
}

export const agentsOf = (rows: UsageRow[]) =>
  [...new Set(rows.map((row) => row.agent ?? 'no agent'))].sort();

export const rowOf = (rows: UsageRow[], day: string, agent: string) =>
  rows.find((row) => row.day === day && (row.agent ?? 'no agent') === agent);
