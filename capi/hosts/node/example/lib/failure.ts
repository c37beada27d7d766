// What the pages show of a failure.
import { WayfareError } from 'wayfare';
import type { Failure } from './types';

export function failureOf(error: unknown): Failure {
  if (error instanceof WayfareError) {
    const { code, message, advice, status, retryable, retry_after, resets_at, budget } = error;
    return {
      code,
      message,
      advice: advice ?? null,
      status: status ?? null,
      retryable: retryable ?? false,
      retry_after: retry_after ?? null,
      resets_at: resets_at ?? null,
      budget: budget ?? null,
    };
  }
  console.error(error);
  return plainFailure('internal', 'The app has failed', 'look at the log of the app');
}

export function plainFailure(code: string, message: string, advice: string | null): Failure {
  return {
    code,
    message,
    advice,
    status: null,
    retryable: false,
    retry_after: null,
    resets_at: null,
    budget: null,
  };
}

const STATUS: Record<string, number> = {
  invalid: 400,
  no_agent: 404,
  not_found: 404,
  conflict: 409,
  budget_exceeded: 402,
  rate_limited: 429,
};

/** An answer of the app's own API that tells the failure. */
export function refusal(error: unknown, more: object = {}): Response {
  const failure = failureOf(error);
  return Response.json({ failure, ...more }, { status: STATUS[failure.code] ?? 502 });
}

/** Runs what a page needs. A page shows the failure in its place. */
export async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ value: T; failure?: undefined } | { value?: undefined; failure: Failure }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}
