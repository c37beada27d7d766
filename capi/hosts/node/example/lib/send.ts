// Requests of the pages to the server of the app.
import type { Failure } from './types';

export type Answered<T> = Partial<T> & { failure?: Failure };

export async function send<T extends object>(
  method: string,
  path: string,
  body?: object,
): Promise<Answered<T>> {
  try {
    const response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as Answered<T>;
  } catch {
    return { failure: unreachable } as Answered<T>;
  }
}

/** The failure that the browser sees if the app is not there. */
export const unreachable: Failure = {
  code: 'unreachable',
  message: 'The app does not answer',
  advice: 'start it again, and load this page anew',
  status: null,
  retryable: true,
  retry_after: null,
  resets_at: null,
  budget: null,
};
