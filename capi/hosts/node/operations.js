// Made by `./run generate` from the tables in core/include/wayfare. Do not edit.
'use strict';

exports.operations = [
  'chat',
  'select',
  'models',
  'usage',
  'entries',
  'budget',
  'budgets',
  'block',
  'unblock',
  'blocks',
  'clock',
  'reconcile',
  'verify',
  'mend',
  'backup',
  'prune',
  'unknown',
  'settle',
  'override',
  'crossings',
  'versions',
  'default_models',
  'key_info',
  'watch',
  'create_agent',
  'edit_agent',
  'agent',
  'agents',
  'agent_history',
  'archive_agent',
  'restore_agent',
  'export_agents',
  'import_agents',
  'explain',
  'endpoints',
  'replay',
  'cooldowns',
  'end_cooldown',
  'rate_limit',
  'rate_limits',
  'performance'
];
// Those that give pages, and the list of a page.
exports.pages = {
  'entries': 'entries',
  'unknown': 'unknown',
  'agents': 'agents',
  'agent_history': 'agents',
  'export_agents': 'agents'
};
