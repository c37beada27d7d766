import type { Budget } from 'wayfare';

export function Budgets({ budgets }: { budgets: Budget[] }) {
  return (
    <div className="wide">
      <table>
        <caption>Budgets, in USD</caption>
        <thead>
          <tr>
            <th scope="col">Budget</th>
            <th scope="col">Window</th>
            <th scope="col" className="number">Limit</th>
            <th scope="col" className="number">Spent</th>
            <th scope="col" className="number">Held</th>
            <th scope="col" className="number">Left</th>
          </tr>
        </thead>
        <tbody>
          {budgets.map((one) => (
            <tr key={`${one.name} ${one.value}`}>
              <th scope="row">{one.name}</th>
              <td>{one.window}</td>
              <td className="number">{one.limit}</td>
              <td className="number">{one.spent}</td>
              <td className="number">{one.reserved}</td>
              <td className="number">{one.left}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
