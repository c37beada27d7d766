'use client';
import type { ModelChoice, WellKnown } from '@/lib/types';

interface Props {
  chosen: string;
  choices: ModelChoice[];
  wellKnown: WellKnown[];
  choose: (model: string) => void;
}

const priceOf = ({ prompt, completion }: ModelChoice) =>
  prompt === null || completion === null ? 'prices vary' : `${prompt} in, ${completion} out`;

/** The choice of a model. The well-known ones come first. */
export function ModelField({ chosen, choices, wellKnown, choose }: Props) {
  const first = new Set(wellKnown.map((one) => one.id));
  const now = choices.find((one) => one.id === chosen);
  const option = (one: ModelChoice) => (
    <option key={one.id} value={one.id}>
      {one.id}: {priceOf(one)}
    </option>
  );
  const leaving = wellKnown.filter((one) => one.gone || one.expires);
  return (
    <div className="field">
      <label>
        Model, with its prices in USD per million tokens
        <select value={chosen} onChange={(event) => choose(event.target.value)}>
          {!now && <option value={chosen}>{chosen || 'the default one'}: not served now</option>}
          <optgroup label="Well-known">
            {choices.filter((one) => first.has(one.id)).map(option)}
          </optgroup>
          <optgroup label="All others">
            {choices.filter((one) => !first.has(one.id)).map(option)}
          </optgroup>
        </select>
      </label>
      <small>
        {now
          ? `${now.name}${now.context === null ? '' : `, with ${now.context} tokens of context`}.`
          : 'The list has no such model. Calls of it will fail.'}
      </small>
      {leaving.length > 0 && (
        <ul className="leaving">
          {leaving.map((one) => (
            <li key={one.id}>
              {one.id} {one.gone ? 'is gone' : `goes after ${one.expires}`}.
              {one.instead && (
                <>
                  {' '}
                  Most like it is {one.instead}.{' '}
                  <button type="button" onClick={() => choose(one.instead!)}>
                    Choose {one.instead}
                  </button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
