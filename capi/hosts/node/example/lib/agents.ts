// Agents, as the forms of the app have them.
import type { Agent, EditAgentArgs } from 'wayfare';
import type { AgentFields } from './types';

export function fieldsOf(agent: Agent): AgentFields {
  const { name, version, archived, model, system, max_tokens, budget } = agent;
  return {
    name,
    version,
    archived,
    model: model ?? '',
    system: system ?? '',
    max_tokens: max_tokens === null ? '' : String(max_tokens),
    budget: budget?.limit ?? '',
  };
}

/** The profile that a form asks for. In an edit, an empty part takes the part away. */
export function profileOf(fields: AgentFields): Omit<EditAgentArgs, 'name' | 'version'> {
  const { model, system, max_tokens, budget } = fields;
  return {
    model,
    system,
    max_tokens: Number(max_tokens || 0),
    budget: budget ? { limit: budget, window: 'day' } : {},
  };
}
