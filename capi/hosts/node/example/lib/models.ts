// The models to choose from, with their prices.
import { dollars, picodollars } from 'wayfare';
import { ledger } from './ledger';
import type { ModelChoice, WellKnown } from './types';

/** A price per token as one per million tokens. */
export function perMillion(price: string | null): string | null {
  return price === null ? null : dollars(picodollars(price) * 1_000_000n);
}

export async function modelChoices(): Promise<{ choices: ModelChoice[]; wellKnown: WellKnown[] }> {
  const list = await ledger().models({ defaults_first: true, outputs: ['text'] });
  const choices = list.models.map((model) => ({
    id: model.id,
    name: model.name ?? model.id,
    prompt: perMillion(model.prices.prompt),
    completion: perMillion(model.prices.completion),
    context: model.context_tokens,
  }));
  const wellKnown = list.defaults.map(({ id, gone, expires, instead }) => ({
    id,
    gone,
    expires,
    instead,
  }));
  return { choices, wellKnown };
}
