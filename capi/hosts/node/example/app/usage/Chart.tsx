import { agentsOf, lastDays, rowOf } from '@/lib/days';
import type { UsageRow } from 'wayfare';

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 80;
const BOTTOM = 28;
const TOP = 12;

/** A bar for each day, with a part for each agent. The table beside it has the exact amounts. */
export function Chart({ rows, days: count }: { rows: UsageRow[]; days: number }) {
  const days = lastDays(count);
  const agents = agentsOf(rows);
  // A drawing needs no exact amounts, so a double will do here, and only here.
  const cost = (day: string, agent: string) => Number(rowOf(rows, day, agent)?.cost ?? 0);
  const sums = days.map((day) => agents.reduce((sum, agent) => sum + cost(day, agent), 0));
  const most = Math.max(...sums) || 1;
  const step = (WIDTH - LEFT) / days.length;
  const high = HEIGHT - TOP - BOTTOM;
  const y = (amount: number) => TOP + high - (amount / most) * high;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby="chart-title">
        <title id="chart-title">Cost of each day in US dollars, by agent</title>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line className="grid" x1={LEFT} x2={WIDTH} y1={y(most * share)} y2={y(most * share)} />
            <text x={LEFT - 8} y={y(most * share) + 4} textAnchor="end">
              {share === 0 ? '0' : (most * share).toPrecision(2)}
            </text>
          </g>
        ))}
        {days.map((day, at) => {
          let below = 0;
          return (
            <g key={day}>
              {agents.map((agent, number) => {
                const amount = cost(day, agent);
                const top = y(below + amount);
                const height = y(below) - top;
                below += amount;
                return (
                  <rect
                    key={agent}
                    className={`agent-${number % 6}`}
                    x={LEFT + at * step + step * 0.18}
                    width={step * 0.64}
                    y={top}
                    height={height}
                  />
                );
              })}
              {at % 2 === (days.length - 1) % 2 && (
                <text x={LEFT + (at + 0.5) * step} y={HEIGHT - 8} textAnchor="middle">
                  {day.slice(5)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <figcaption>
        {agents.map((agent, number) => (
          <span key={agent} className="key">
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect className={`agent-${number % 6}`} width="10" height="10" />
            </svg>
            {agent}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
