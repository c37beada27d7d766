'use strict';
// Amounts are decimal texts in US dollars, and exact. A picodollar is 1e-12 dollars.

const SCALE = 12;

/**
 * The amount in picodollars, for sums and comparisons.
 * @param {string} dollars such as "0.00012"
 * @returns {bigint}
 */
function picodollars(dollars) {
  const read = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(dollars);
  if (!read) throw new TypeError(`${String(dollars).slice(0, 40)} is no amount such as "0.00012"`);
  const [, minus, whole, part = ''] = read;
  const amount = BigInt(whole + part.padEnd(SCALE, '0'));
  return minus ? -amount : amount;
}

/**
 * The amount as a decimal text without needless zeros.
 * @param {bigint} amount in picodollars
 * @returns {string}
 */
function dollars(amount) {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(SCALE + 1, '0');
  const part = digits.slice(-SCALE).replace(/0+$/, '');
  return (amount < 0n ? '-' : '') + digits.slice(0, -SCALE) + (part ? `.${part}` : '');
}

/**
 * The sum of amounts. Amounts that are not known (null) cannot be added: leave them out knowingly.
 * @param {Iterable<string>} amounts
 * @returns {string}
 */
function sumOfDollars(amounts) {
  let sum = 0n;
  for (const one of amounts) sum += picodollars(one);
  return dollars(sum);
}

module.exports = { picodollars, dollars, sumOfDollars };
