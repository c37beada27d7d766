// What the command `wayfare doctor --json` finds. The API service runs it.

export interface Finding {
  check: string;
  level: 'ok' | 'note' | 'warning' | 'fault';
  text: string;
  advice: string | null;
}

export const API = process.env.PRODUCT_API ?? 'http://127.0.0.1:8001';

/** The findings, or why there are none. */
export async function doctor(): Promise<Finding[]> {
  try {
    const response = await fetch(`${API}/doctor`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(30_000),
    });
    if (response.ok) return ((await response.json()) as { findings: Finding[] }).findings;
  } catch {
    // told below
  }
  return [
    {
      check: 'services/api',
      level: 'fault',
      text: `the API service at ${API} does not answer as it should`,
      advice: 'start all three programs by ./run product',
    },
  ];
}
