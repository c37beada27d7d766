// Made by `./run generate` from the tables in core/include/wayfare. Do not edit.
/** An exact amount in US dollars as a decimal text, such as "0.00012". See picodollars(). */
export type Dollars = string;
/** The amount in picodollars (1e-12 dollars), for sums and comparisons. */
export function picodollars(dollars: Dollars): bigint;
/** The amount as a decimal text. */
export function dollars(picodollars: bigint): Dollars;
/** The sum of amounts. An amount that is not known (null) is a TypeError. */
export function sumOfDollars(amounts: Iterable<Dollars>): Dollars;
/** The version of the library. */
export const version: string;

/** The API rules that the server follows. */
export type Dialect =
  | 'automatic'
  | 'openrouter'
  | 'openai';

/**
 * The data that is synced to the disk, so that a power cut cannot undo it. Data that is not synced
 * still survives the kill of any process.
 */
export type Durability =
  | 'sync_reservations'
  | 'sync_all'
  | 'no_sync';

/** The order in which a call tries its models. */
export type Sort =
  | 'ordered'
  | 'cheapest'
  | 'fastest'
  | 'best'
  | 'fixed';

/** The speed by which the policy `fastest` orders models. */
export type Speed =
  | 'first_token'
  | 'throughput';

/**
 * An index of the models list by which models are compared. Source: Artificial Analysis, as
 * OpenRouter's list has it. Not every model has one.
 */
export type Quality =
  | 'intelligence'
  | 'coding'
  | 'agentic';

/** Whether providers may serve that store prompts or train with them. */
export type DataCollection =
  | 'allow'
  | 'deny';

/** What a call does if a hard budget has too little left for it. */
export type OnBudget =
  | 'refuse'
  | 'wait';

/** What a call does with a model that cools down. See the operation cooldowns. */
export type OnCooldown =
  | 'skip'
  | 'refuse'
  | 'ignore';

/** What a call does if a rate limit of the ledger has no room for it now. */
export type OnRateLimit =
  | 'refuse'
  | 'wait';

/** A part of charge_to. */
export type ChargePart =
  | 'app'
  | 'agent'
  | 'user'
  | 'run'
  | 'tags';

/** Where a cost comes from. */
export type CostSource =
  | 'none'
  | 'response'
  | 'generation'
  | 'bound'
  | 'computed'
  | 'manual';

/** The cause of an error. Later versions never give a name or its number another meaning. */
export type Code =
  | 'forked'
  | 'closed'
  | 'full'
  | 'no_memory'
  | 'busy'
  | 'invalid'
  | 'unsupported'
  | 'key_missing'
  | 'key_malformed'
  | 'key_not_allowed'
  | 'max_cost'
  | 'no_model'
  | 'no_agent'
  | 'conflict'
  | 'bad_request'
  | 'unauthorized'
  | 'payment_required'
  | 'forbidden'
  | 'not_found'
  | 'request_timeout'
  | 'request_too_large'
  | 'rate_limited'
  | 'server_error'
  | 'provider_failed'
  | 'overloaded'
  | 'provider_timeout'
  | 'moderated'
  | 'context_exceeded'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'connect_timeout'
  | 'first_byte_timeout'
  | 'idle_timeout'
  | 'deadline'
  | 'connection_lost'
  | 'stream_broken'
  | 'malformed'
  | 'too_large'
  | 'content_timeout'
  | 'served_otherwise'
  | 'cancelled'
  | 'ledger_unavailable'
  | 'ledger_foreign'
  | 'ledger_too_new'
  | 'not_booked'
  | 'ledger_replaced'
  | 'ledger_too_old'
  | 'budget_exceeded'
  | 'blocked'
  | 'no_bound'
  | 'clock'
  | 'cooling_down'
  | 'over_rate'
  | 'internal';

/** The state of an attempt. */
export type State =
  | 'reserved'
  | 'settled'
  | 'void'
  | 'unknown';

/** The source of a models list. */
export type CatalogueSource =
  | 'built_in'
  | 'kept'
  | 'fetched';

/** The kind of a row of the models list. */
export type ModelKind =
  | 'model'
  | 'router'
  | 'alias'
  | 'batch';

/** A dimension by which calls are grouped. */
export type Dimension =
  | 'day'
  | 'app'
  | 'agent'
  | 'model'
  | 'provider'
  | 'key'
  | 'user'
  | 'tag'
  | 'run'
  | 'hour'
  | 'week'
  | 'month'
  | 'requested_model'
  | 'agent_version';

/** The period of a budget, in UTC. */
export type Window =
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'lifetime';

/** The action of a budget when a call may cost more than is left. */
export type BudgetMode =
  | 'hard'
  | 'soft';

/** What a budget does with the costs that a provider bills you directly (BYOK). */
export type BudgetByok =
  | 'count'
  | 'ignore';

/** What a budget with `*` in its scope does with a call that has no value for that part. */
export type BudgetMissing =
  | 'refuse'
  | 'share';

/** Whose calls are watched. */
export type WatchOf =
  | 'client'
  | 'process';

/** What made a version of an agent. */
export type AgentChange =
  | 'created'
  | 'edited'
  | 'archived'
  | 'restored'
  | 'imported';

/** What an import does with a name that is taken by an agent that differs. */
export type OnConflict =
  | 'refuse'
  | 'skip'
  | 'replace';

/** The type of an event. */
export type EventType =
  | 'text'
  | 'reasoning'
  | 'refusal'
  | 'tool'
  | 'usage'
  | 'done'
  | 'error'
  | 'notice';

/** What a notice tells. */
export type NoticeType =
  | 'ended'
  | 'retry'
  | 'fallback'
  | 'waits'
  | 'looked_up'
  | 'crossing'
  | 'setting'
  | 'cooldown';

/** The failure of a call or an operation. No field holds an API key or the text of a prompt. */
export class WayfareError extends Error {
  /** The cause, as a word. */
  code: Code;
  /** What happened, in one line. It quotes at most 300 bytes of the server's text. */
  message: string;
  /** What to do, in one line. */
  advice: string | null;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** The HTTP status, or the error code inside an answer with status 200. */
  status: number | null;
  /** The server's id of the call. */
  generation_id: string | null;
  /** The provider that failed. */
  provider: string | null;
  /**
   * The owner of the exceeded limit: account, key, free tier, provider or model. Of the code
   * over_rate: the name of the rate limit.
   */
  limit: string | null;
  /**
   * How long the server asks to wait, how long a model still cools down, or when a rate limit has
   * room again.
   */
  retry_after: number | null;
  /** The name of the budget that refused the call. */
  budget: string | null;
  /** US dollars: the amount that this budget has left. */
  left: Dollars | null;
  /** When the window of this budget ends. */
  resets_at: string | null;
  /** US dollars: the limit of this budget. */
  budget_limit: Dollars | null;
  /** US dollars: the amount that this budget has spent. */
  spent: Dollars | null;
  /** US dollars: the amount that is held in this budget for calls whose cost is not known. */
  reserved: Dollars | null;
  /** US dollars: the most that the refused call may cost. */
  needed: Dollars | null;
  /** The part of the reply that came before the call failed. */
  reply: Reply | null;
}

/** One version of an agent. */
export interface Agent {
  /**
   * The name, 1 to 128 bytes, without control characters. Calls of the agent have it as
   * charge_to.agent. It never changes.
   */
  name: string;
  /** The number of the version: 1 for the first, and one more with each change. */
  version: number;
  /** Whether the agent takes no calls. */
  archived: boolean;
  /** What made this version. */
  change: AgentChange;
  /** When the agent was created. */
  created: string;
  /** When this version was made. */
  changed: string;
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model: string | null;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens: number | null;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route: Route;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to: ChargeTo;
  /**
   * Members for the body, such as temperature, response_format or provider, in at most 64 KiB. A
   * member that has its own place is refused by name: model, messages, tools, max_tokens, stream
   * and those of the same meaning.
   */
  parameters: Record<string, unknown> | null;
  /** The tools, as the body has them, in at most 256 KiB. */
  tools: Record<string, unknown>[] | null;
  /**
   * The system prompt, at most 256 KiB. A call whose messages begin with a system message of its
   * own does not take it. It is not stored in the ledger, but in a private file in a folder beside
   * it.
   */
  system: string | null;
  /**
   * The absolute path of a text file of your own with the system prompt, in place of `system`. Each
   * call has the text that the file has then. It is not a part of the agent's history.
   */
  system_file: string | null;
  /** The hard budget of the agent. */
  budget: AgentBudget | null;
  /** At most 16 tags, to find agents by. They are charged nothing. */
  tags: string[];
  /** Notes for people, at most 4 KiB. */
  notes: string | null;
  /**
   * Why the system prompt, the parameters and the tools of this version cannot be read. They are
   * null then, and calls of the agent are refused.
   */
  fault: string | null;
}

/**
 * The hard budget of an agent. It counts every call that is charged to the agent. Its name is
 * `agent:` and the name of the agent. The operation budget does not change it. The operation
 * override adds to its limit for a while.
 */
export interface AgentBudget {
  /** US dollars: the most that the calls of one window may cost. A budget needs it. */
  limit: Dollars | null;
  /** The period of the budget. A budget needs it. */
  window: Window | null;
  /** The amount that a call without a bound holds. Without it such a call is refused. */
  assume: Dollars | null;
  /** Shares of the limit in percent. See the operation crossings. */
  thresholds: number[];
}

/** A page of agents. */
export interface AgentPage {
  /** The agents, or the versions of one agent. */
  agents: Agent[];
  /** The value of `after` for the following page. Null on the last page. */
  next: string | null;
}

/** One HTTP request of a call. Each attempt has an entry in the ledger. */
export interface Attempt {
  /** The id of the ledger entry. */
  entry: string;
  /** The name of the server, if the route has `servers`. */
  server: string | null;
  /** The model that the request named. */
  model: string | null;
  /** The cause of the failure. */
  error: Code | null;
  /** The HTTP status, or the error code inside an answer with status 200. */
  status: number | null;
  /** The state of the attempt. */
  state: State;
  /** US dollars: the cost of the attempt. Null if it is not known. */
  cost: Dollars | null;
  /**
   * Microseconds that the call waited before this attempt, after the failure of the previous one.
   */
  waited_us: number;
}

/** A block: all calls that match it are refused. */
export interface Block {
  /** The app of charge_to. */
  app: string | null;
  /** The agent of charge_to. */
  agent: string | null;
  /** The user of charge_to. */
  user: string | null;
  /** The run of charge_to. */
  run: string | null;
  /** One of the tags of charge_to. */
  tag: string | null;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The model that the request named. */
  model: string | null;
}

/** A budget in its current window. Amounts are US dollars. */
export interface Budget {
  /** The name of the budget. */
  name: string;
  /** The most that the calls of one window may cost. */
  limit: Dollars;
  /** The cost of the calls in this window. */
  spent: Dollars;
  /** The amount that is held for calls whose cost is not known yet. */
  reserved: Dollars;
  /**
   * The limit and its override, minus spent and reserved. Below zero if the limit was set too low,
   * an override has ended, a cost exceeded its bound, or the budget is soft.
   */
  left: Dollars;
  /**
   * The amount by which costs exceeded the amounts that were held for them, or by which the limit
   * was set below the amount already spent.
   */
  excess: Dollars;
  /** When the window ends. Null if the window never ends. */
  resets_at: string | null;
  /** The action when a call may cost more than is left. */
  mode: BudgetMode;
  /** The period of the budget. */
  window: Window;
  /** The amount that a call without a bound holds. */
  assume: Dollars | null;
  /** The value that this window has for the `*` in the scope. */
  value: string | null;
  /** The app of charge_to. */
  app: string | null;
  /** The agent of charge_to. */
  agent: string | null;
  /** The user of charge_to. */
  user: string | null;
  /** The run of charge_to. */
  run: string | null;
  /** One of the tags of charge_to. */
  tag: string | null;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The model that the request named. */
  model: string | null;
  /** Whether the budget counts upstream costs. */
  byok: BudgetByok;
  /** The action for a call without a value for the `*`. */
  missing: BudgetMissing;
  /** The calls among those that hold `reserved` that have ended and whose cost is not known. */
  unknown: number;
  /** The amount that overrides add to the limit now. See the operation override. */
  override: Dollars;
  /** When the first of these overrides ends. Null if there is none. */
  override_until: string | null;
  /** Shares of the limit in percent. See the operation crossings. */
  thresholds: number[];
  /** When the window began. Null if the window never ends. */
  start: string | null;
  /**
   * When nothing is left, if the calls go on to cost as much as they did on average since the
   * window began: the present if nothing is left now. Null if the window ends before, if it never
   * ends, or if nothing was spent.
   */
  empty_by: string | null;
}

/** How much of the prompts came from caches, and what hops cost. */
export interface Caching {
  /** A row for each combination of the dimensions. */
  rows: CachingRow[];
  /** The sum of the rows. */
  total: CachingRow;
  /** The models list that gave the prices. */
  catalogue: CatalogueState | null;
}

/**
 * Past calls and the caches of their prompts. A dimension is null if the query did not group by it.
 * A sum that does not fit in 64 bits stays at the largest number.
 */
export interface CachingRow {
  /** The day, such as 2026-11-23. */
  day: string | null;
  /** The app. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The model that served. */
  model: string | null;
  /** The provider that served. */
  provider: string | null;
  /** The first 12 hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The user. */
  user: string | null;
  /** The run. */
  run: string | null;
  /** The begin of the hour, such as 2026-11-23T09:00:00Z. */
  hour: string | null;
  /** The Monday of the week, such as 2026-11-23. */
  week: string | null;
  /** The month, such as 2026-11. */
  month: string | null;
  /** The model that the request named. */
  requested_model: string | null;
  /** The version of the agent. */
  agent_version: string | null;
  /** The settled attempts whose prompt tokens are known. */
  calls: number;
  /** The sum of their prompt tokens. */
  prompt_tokens: number;
  /** The prompt tokens among them that were read from a provider's cache. */
  cached_tokens: number;
  /** The prompt tokens among them that were written to a provider's cache. */
  cache_write_tokens: number;
  /** `cached_tokens` divided by `prompt_tokens`, from 0 to 1. Null without prompt tokens. */
  cached_share: number | null;
  /**
   * The attempts among `calls` that another model or another provider served than the attempt
   * before it of the same run.
   */
  hops: number;
  /**
   * The hops that left a cache: the attempt before had read or written tokens of its cache and had
   * ended at most 5 minutes before, and the hop read fewer of them.
   */
  cold_hops: number;
  /**
   * The tokens that cold hops did not read: those that the attempt before had read and written, at
   * most the prompt of the hop, less those that the hop read from a cache.
   */
  lost_tokens: number;
  /**
   * US dollars: what `lost_tokens` cost above the price of reading them from a cache. Each has the
   * price of the model that served the hop: that of a cache write, as far as the hop wrote tokens,
   * and else that of the prompt. An estimate, by the models list.
   */
  hop_cost: Dollars;
  /**
   * The cold hops that `hop_cost` leaves out: their model has no such price in the models list, or
   * they used your own key of the provider (BYOK).
   */
  unpriced: number;
}

/** The judgement of one model for one request. */
export interface Candidate {
  /** The id of the model. */
  model: string;
  /** Why the model has this rank, or why it cannot serve the request, in one line. */
  reason: string;
  /** US dollars: the estimated cost of the request. Not known if a price is not known. */
  expected: Dollars | null;
  /** US dollars: the most that the request can cost. */
  bound: Dollars | null;
  /** The part of the request whose cost has no upper bound, such as plugins. */
  unbounded: string | null;
  /** The quality by the policy's scores or index. */
  quality: number | null;
  /**
   * Milliseconds to the first token, of the fastest provider that may serve. Known only if the
   * policy judges providers or their speed.
   */
  first_token_ms: number | null;
  /** Tokens of the answer a second, of the fastest provider that may serve: as `first_token_ms`. */
  throughput: number | null;
}

/** The source and the age of a models list. */
export interface CatalogueState {
  /** The source of the list. */
  source: CatalogueSource;
  /** Whether the list is older than the server allows because it could not be fetched again. */
  stale: boolean;
  /** When the list was fetched. Not known for the built-in list. */
  fetched: string | null;
}

/**
 * The accounts to which a call is charged. The ledger stores them. They are never sent to the
 * server. Each text has at most 128 bytes. A text that is given without a value is refused.
 */
export interface ChargeTo {
  /** The application. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The user. */
  user: string | null;
  /** The run, such as a session or a job. */
  run: string | null;
  /** At most 16 tags. */
  tags: string[];
}

/** A model that cools down in all processes of the ledger, or one of its providers. */
export interface Cooldown {
  /**
   * The model, without a suffix that only chooses among its providers or adds a plugin: :nitro,
   * :floor, :exacto and :online. `:free` is a model of its own.
   */
  model: string;
  /** The base URL of the server. */
  server: string;
  /**
   * The name of the provider that cools down. If the model cools down: the provider of the last
   * failure, if the server told it.
   */
  provider: string | null;
  /**
   * When the next attempt may try it. In the past: no attempt has tried it yet, or one does so now.
   */
  until: string;
  /** When the cool-down began. */
  since: string;
  /** How many attempts failed in a row. */
  failures: number;
  /** The cause of the last failure. */
  error: Code;
  /** The HTTP status of the last failure. */
  status: number | null;
  /** Whether an attempt tries it now. */
  probing: boolean;
  /** The id of the attempt whose failure began the cool-down. */
  entry: string;
  /** The slug of the provider that cools down. Null: the model cools down. */
  slug: string | null;
}

/** The first time that a window of a budget had spent a share of the limit. */
export interface Crossing {
  /** The name of the budget. */
  name: string;
  /** The value that the window has for the `*` in the scope. */
  value: string | null;
  /** When the window began. Null if the window never ends. */
  start: string | null;
  /** The share, in percent of the limit. */
  percent: number;
  /** When it was recorded, in the time of the ledger. */
  crossed: string;
  /** US dollars: the limit then, without overrides. */
  limit: Dollars;
  /** US dollars: what the window had spent then. */
  spent: Dollars;
}

/** A well-known model, as a first choice for a new agent. */
export interface DefaultModel {
  /** The id that a request names. */
  id: string;
  /** Whether the models list lacks it, or its last day has passed. */
  gone: boolean;
  /** The last day of the model, such as 2026-12-31. */
  expires: string | null;
  /** The most similar model that stays, if this one is gone or has a last day. */
  instead: string | null;
  /** US dollars per token of the prompt. */
  prompt: Dollars | null;
  /** US dollars per token of the answer. */
  completion: Dollars | null;
}

/**
 * Takes cheaper models near the end of a budget. The reply then warns of it and names the budget.
 * The value of `at` alone may be given in its place.
 */
export interface Degrade {
  /**
   * The share of a limit in percent, 1 to 100. If a budget that counts the call has spent and holds
   * that much, the call tries the models by their expected cost, lowest first.
   */
  at: number | null;
  /**
   * The models that the call then tries, at most 32. Without them, it tries the same models as
   * before.
   */
  models: string[];
}

/** The providers of a model. */
export interface EndpointList {
  /** The id of the model. */
  model: string;
  /** The providers, in the server's order. */
  endpoints: ModelEndpoint[];
  /** The source and the age of the list. */
  catalogue: CatalogueState;
}

/** One attempt in the ledger. */
export interface Entry {
  /** The id of the attempt: 26 characters that sort by time. */
  entry: string;
  /** The state of the attempt. */
  state: State;
  /** When the attempt was reserved. The request is sent after that. */
  reserved: string;
  /** When the end of the attempt was booked. If it has not ended: when it was reserved. */
  booked: string;
  /** The application. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The user. */
  user: string | null;
  /** The run, such as a session or a job. */
  run: string | null;
  /** At most 16 tags. */
  tags: string[];
  /** The model that the request named. */
  requested_model: string;
  /** The model that served the request. The requested model if the server did not name one. */
  model: string;
  /** The provider that served the request, such as Amazon Bedrock. */
  provider: string | null;
  /** The server's id of the call. */
  generation_id: string | null;
  /** Why the answer ended: stop, length, tool_calls, content_filter or error. */
  finish_reason: string | null;
  /**
   * Exact US dollars that the server bills. Null if the cost is not known. An unknown cost is not
   * zero. If is_byok is true, the provider bills upstream_cost beside it.
   */
  cost: Dollars | null;
  /** Where the cost comes from. */
  cost_source: CostSource;
  /**
   * The part of the cost that is not for tokens: web search, file parsing, server tools. Below zero
   * for a discount. It is the cost minus the costs of prompt and completion in the response. Not
   * known if the response has no such costs, or if the provider was paid directly (BYOK).
   */
  non_token_cost: Dollars | null;
  /**
   * Whether the call used your own key of the provider (BYOK), so that the provider bills you
   * directly. Null if the server did not tell it.
   */
  is_byok: boolean | null;
  /**
   * Exact US dollars that the provider bills you directly. Null if is_byok is not true, or if the
   * server did not tell the amount.
   */
  upstream_cost: Dollars | null;
  /** The service tier that served, as the server tells it, such as flex or priority. */
  tier: string | null;
  /**
   * Whether another model served than the request named. Its dated name, an alias, a variant such
   * as :nitro and letter case make no other model, and each of the `models` of the body was asked
   * for. Null if the request left the choice to a router or a preset, if the server named no model,
   * or if it is not certain.
   */
  served_otherwise: boolean | null;
  /**
   * The figures of the server that cannot be right, and so are not known: their names with what the
   * server said, as texts. A text has at most 256 bytes: a longer number is cut, and of what else
   * is longer there is only the size. All of it has at most 512 bytes: what does not fit is left
   * out. A cost cannot be right if it is no amount, is below 0 or is above 100,000 dollars, and a
   * count if it is no number, is below 0 or is above 1,000,000,000,000.
   */
  refused_figures: Record<string, unknown> | null;
  /**
   * The quantization with which the provider serves the model, such as fp8, as the list of the
   * model's providers tells it. Null if the client did not know that list when the call ended (see
   * the operation endpoints), if the list does not tell it, or if it names several for the
   * provider.
   */
  quantization: string | null;
  /** The id that the caller gave the request. */
  request_id: string | null;
  /** See Usage. */
  prompt_tokens: number | null;
  /** See Usage. */
  completion_tokens: number | null;
  /** See Usage. */
  cached_tokens: number | null;
  /** See Usage. */
  cache_write_tokens: number | null;
  /** See Usage. */
  reasoning_tokens: number | null;
  /** The cause of the failure. */
  error: Code | null;
  /** The HTTP status of the answer. */
  status: number | null;
  /** Microseconds from the start of the call to the last byte of the answer. */
  total_us: number;
  /**
   * Whether this row corrects an earlier row of the same entry. Add its cost and its counts to
   * those of the earlier row.
   */
  correction: boolean;
  /** Why a person gave the cost, with the operation settle. */
  reason: string | null;
  /** The version of the agent that served. Null if the call named no agent. */
  agent_version: number | null;
  /**
   * Microseconds from the start of the request to the first piece of content. Null if the answer
   * was not streamed, or if no content came.
   */
  first_us: number | null;
  /** The base URL of the server to which the request went. */
  server: string;
}

/** A page of ledger entries. */
export interface EntryPage {
  /** The entries, in the order of the query. */
  entries: Entry[];
  /** The value of `after` for the following page. Null on the last page. */
  next: string | null;
}

/** What is known about one attempt. */
export interface Explanation {
  /** The entry of the attempt, and its corrections. */
  entries: Entry[];
  /** The agent as it was when the attempt was reserved. Null if the call named no agent. */
  agent: Agent | null;
  /**
   * Why the model was selected, at most 4096 bytes: v (1), sort, candidates (the head of the
   * ranking, each with model, reason, expected and bound), ranked (how many there were), left_out
   * (how many models were left out, by the reason), catalogue (source and fetched), and needs. Null
   * unless the route had keep_decision.
   */
  decision: Record<string, unknown> | null;
}

/** The numbers of agents in an import. */
export interface Imported {
  /** Agents that were created. */
  created: number;
  /** Agents that got a new version. */
  replaced: number;
  /** Agents that were there with the same profile. */
  equal: number;
  /** Agents that were there and stay as they are. */
  skipped: number;
}

/**
 * What the server tells about an API key. A value that the server does not tell is not known.
 * Amounts are US dollars.
 */
export interface KeyInfo {
  /** The server's label of the key. It shows the first and the last characters of the key. */
  label: string | null;
  /** The most that the key may spend in one period. Not known for a key without a limit. */
  limit: Dollars | null;
  /** What is left of the limit. */
  limit_remaining: Dollars | null;
  /** The period of the limit: daily, weekly or monthly. Null if the limit is for ever. */
  limit_reset: string | null;
  /** Whether the limit counts the costs that a provider bills you directly. */
  counts_byok: boolean | null;
  /** What the key has spent. */
  usage: Dollars | null;
  /** What it has spent on this day in UTC. */
  usage_daily: Dollars | null;
  /** What it has spent since Monday in UTC. */
  usage_weekly: Dollars | null;
  /** What it has spent in this month in UTC. */
  usage_monthly: Dollars | null;
  /** The costs that providers have billed you directly for calls of the key. */
  byok_usage: Dollars | null;
  /** Whether the account has never bought credits. */
  is_free_tier: boolean | null;
  /** Whether the key manages other keys. Such a key cannot make calls. */
  is_management_key: boolean | null;
  /** When the key ends. Not known for a key without end. */
  expires_at: string | null;
  /** The requests to free models on this day. */
  free_requests_used: number | null;
  /** The most requests to free models on a day. */
  free_requests_limit: number | null;
  /** The credits that the account has bought. The server tells them to some keys only. */
  credits_bought: Dollars | null;
  /** The credits that the account has used. */
  credits_used: Dollars | null;
}

/**
 * The highest prices that a model may have. A more expensive model is left out, and OpenRouter is
 * told to refuse a more expensive provider.
 */
export interface MaxPrice {
  /** US dollars per million tokens. */
  prompt: Dollars | null;
  /** US dollars per million tokens. */
  completion: Dollars | null;
  /** US dollars per request. */
  request: Dollars | null;
  /** US dollars per image. */
  image: Dollars | null;
}

/** A model of the models list. */
export interface Model {
  /** The id that a request names. */
  id: string;
  /** A dated name that never changes. It is not unique. */
  canonical_slug: string | null;
  /** The name to display. */
  name: string | null;
  /** The kind of the row. */
  kind: ModelKind;
  /** The model that an alias stands for. */
  alias_of: string | null;
  /**
   * Whether the id says that the model is free. A price of zero does not mean free: some models are
   * billed in another way.
   */
  free: boolean;
  /** When the model was created, in seconds since 1970-01-01 UTC. */
  created: number;
  /** The last day of the model, such as 2026-12-31. */
  expires: string | null;
  /** The most tokens that prompt and answer may have together. */
  context_tokens: number | null;
  /** The most tokens that an answer may have. */
  completion_tokens_max: number | null;
  /** The kinds of input, such as text, image, file or audio. */
  input_modalities: string[];
  /** The kinds of output, such as text or image. */
  output_modalities: string[];
  /** Parameters that at least one provider supports, such as tools. */
  parameters: string[];
  /** The prices of the model. */
  prices: Prices;
  /** Prices that apply under conditions. */
  overrides: PriceOverride[];
  /** The intelligence index of Artificial Analysis. */
  intelligence: number | null;
  /** The coding index of Artificial Analysis. */
  coding: number | null;
  /** The agentic index of Artificial Analysis. */
  agentic: number | null;
}

/** A provider that serves a model. */
export interface ModelEndpoint {
  /** The name of the provider, as a reply has it. */
  provider: string;
  /** The slug that a request names in its `provider`, such as google-vertex/us-east5. */
  tag: string;
  /** The quantization, such as fp8. */
  quantization: string | null;
  /** 0 if the provider works. Below 0 if it is degraded or down. */
  status: number;
  /** The most tokens that prompt and answer may have together. */
  context_tokens: number | null;
  /** The most tokens that a prompt may have. */
  prompt_tokens_max: number | null;
  /** The most tokens that an answer may have. */
  completion_tokens_max: number | null;
  /** The parameters that the provider supports. */
  parameters: string[];
  /** The prices of the provider. */
  prices: Prices;
  /** Prices that apply under conditions. */
  overrides: PriceOverride[];
  /** The percentage of requests in the last 30 minutes that did not fail. */
  uptime: number | null;
  /** Milliseconds to the first token: the median of the last 30 minutes. */
  first_token_ms: number | null;
  /** Tokens of the answer a second: the median of the last 30 minutes. */
  throughput: number | null;
  /** Whether the provider caches prompts without being asked. */
  caches_by_itself: boolean;
}

/** The models that a request can name. */
export interface ModelList {
  /**
   * The models, in the server's order. With defaults_first: those of the five well-known models
   * that stay and pass the filters come first.
   */
  models: Model[];
  /** The source and the age of the list. */
  catalogue: CatalogueState;
  /**
   * With defaults_first: the five well-known models, also those that are gone or that the filters
   * leave out. See the operation default_models.
   */
  defaults: DefaultModel[];
}

/** One thing that happened to the calls of a client. It has no prompt and no key. */
export interface Notice {
  /** What the notice tells. */
  type: NoticeType;
  /** When it happened. */
  time: string;
  /** The notice in one line of English. */
  text: string;
  /** The path of the ledger of the client. */
  ledger: string;
  /** The server that was asked. Null where the ledger tells the notice: a crossing. */
  base_url: string | null;
  /** The id of the attempt. */
  entry: string | null;
  /** The id that the caller gave the request. */
  request_id: string | null;
  /** The model that served. Of a retry or a fallback: the model that is tried now. */
  model: string | null;
  /** The provider that served. */
  provider: string | null;
  /** The application. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The user. */
  user: string | null;
  /** The run, such as a session or a job. */
  run: string | null;
  /** At most 16 tags. */
  tags: string[];
  /** The state of an attempt that has ended. */
  state: State | null;
  /** The cause of a failure. */
  error: Code | null;
  /** The HTTP status. */
  status: number | null;
  /** US dollars: the cost of the attempt. */
  cost: Dollars | null;
  /** See Usage. */
  prompt_tokens: number | null;
  /** See Usage. */
  completion_tokens: number | null;
  /** Microseconds from the start of the call to the last byte of the answer. */
  total_us: number | null;
  /** Microseconds until the next attempt of a retry. */
  wait_us: number | null;
  /** The name of the budget. */
  budget: string | null;
  /** The value that the window has for the `*` in its scope. */
  value: string | null;
  /** The name of the rate limit. */
  limit: string | null;
  /** The share of the limit that was spent. */
  percent: number | null;
  /** When the cool-down ends. */
  until: string | null;
  /** How many notices before this one were dropped because nobody took them. */
  dropped: number | null;
  /** The slug of the provider that cools down. Null: the model cools down. */
  slug: string | null;
}

/** How a model of a provider has answered. */
export interface PerformanceRow {
  /** The model that served. The requested model if none served. */
  model: string;
  /** The provider that served, or that failed. */
  provider: string | null;
  /** The attempts that were sent and have ended. */
  attempts: number;
  /**
   * The attempts among them that ended because the model or its provider failed. Mistakes of the
   * caller, cancelled calls and failures of this machine's network do not count.
   */
  failed: number;
  /** The streamed answers whose time to the first piece is known. */
  answers: number;
  /** Milliseconds from the request to the first piece of a streamed answer: the median. */
  first_token_ms: number | null;
  /** The same: nine of ten answers were not slower. */
  first_token_ms_p90: number | null;
  /** Tokens of a streamed answer a second, after its first piece: the median. */
  throughput: number | null;
  /** Milliseconds to the last byte of an answer: the median of all that ended well. */
  total_ms: number | null;
}

/** How the model of a call is selected. The value of `sort` alone may be given in its place. */
export interface Policy {
  /** The order in which the call tries the models. */
  sort: Sort;
  /** The highest prices. */
  max_price: MaxPrice;
  /**
   * Patterns of the models that may serve, such as anthropic/*: at most 32. The * stands for any
   * characters. Without patterns, every model may serve. A name is refused if the server chooses
   * the model for it, such as a router.
   */
  allow: string[];
  /**
   * Patterns of the models that may not serve, such as *:free: at most 32. They go before `allow`.
   */
  deny: string[];
  /**
   * The speed by which the models are ordered. Without it: first_token. Only with the sort fastest.
   */
  speed: Speed | null;
  /** The index of the models list that tells the quality of a model. Without it: intelligence. */
  quality: Quality | null;
  /**
   * The quality of models by scores of your own, at most 256. The first one that matches a model
   * counts. With scores, the models list tells no quality.
   */
  scores: Score[];
  /** The least quality that a model may have. A model without a known quality is left out. */
  min_quality: number | null;
  /** Which providers of the models may serve. */
  providers: ProviderRules;
  /** What the call does near the end of a budget. */
  degrade: Degrade;
}

/**
 * Prices that replace the model's own prices while all conditions hold. If several overrides hold,
 * the last one in the list counts.
 */
export interface PriceOverride {
  /**
   * Condition: the prompt has more tokens than this. The prices then apply to the whole request.
   */
  above_prompt_tokens: number | null;
  /** Condition: the time is not before this time, as HHMM in UTC. */
  utc_start: number | null;
  /** Condition: the time is before this time, as HHMM in UTC. The period may cross midnight. */
  utc_end: number | null;
  /** Condition: the day of the week is one of these, such as monday. Empty: every day. */
  utc_days: string[];
  /**
   * False if there is a condition that this version does not know, or a price that it cannot read.
   */
  understood: boolean;
  /** The prices that replace the model's own. */
  prices: Prices;
}

/**
 * US dollars per unit. A price is not known if the models list does not have it, or if it varies.
 */
export interface Prices {
  /** Per token of the prompt. */
  prompt: Dollars | null;
  /** Per token of the answer. */
  completion: Dollars | null;
  /** Per token read from the provider's cache. */
  cache_read: Dollars | null;
  /** Per token written to the provider's cache. */
  cache_write: Dollars | null;
  /** Per token written to the provider's cache for an hour. */
  cache_write_1h: Dollars | null;
  /** Per token of reasoning, if it differs from `completion`. */
  reasoning: Dollars | null;
  /** Per token of audio in the prompt. */
  audio: Dollars | null;
  /** Per token of audio in the answer. */
  audio_output: Dollars | null;
  /** Per token of audio read from the provider's cache. */
  audio_cache: Dollars | null;
  /** Per image, or per token of an image: the list does not tell which. */
  image: Dollars | null;
  /** Per image of the answer, or per token of it: the list does not tell which. */
  image_output: Dollars | null;
  /** Per request. */
  request: Dollars | null;
  /** Per web search. */
  web_search: Dollars | null;
}

/**
 * Which providers of a model may serve. Only with OpenRouter. wayfare adds these rules to the
 * request's `provider`, and leaves out each model of which no provider passes them. A rule that the
 * body's `provider` has too is refused.
 */
export interface ProviderRules {
  /**
   * The providers that may serve, by their slugs, such as google-vertex: at most 32. A slug stands
   * for all regions and variants of the provider, but not for its service tiers. A * stands for any
   * characters: google-vertex/europe-* are the regions of Europe. wayfare then puts the slugs that
   * match in its place.
   */
  only: string[];
  /** The providers that may not serve: at most 32. They are given as in `only`. */
  ignore: string[];
  /** The quantizations that may serve, such as fp8 or bf16: at most 32. */
  quantizations: string[];
  /** Whether only providers may serve that keep no data (zero data retention). */
  zdr: boolean | null;
  /**
   * Whether providers may serve that store prompts or train with them. With deny, no free model is
   * selected.
   */
  data_collection: DataCollection | null;
}

/** The numbers of deleted rows. */
export interface Pruned {
  /** Deleted entries. */
  entries: number;
  /** Deleted windows of budgets. */
  windows: number;
}

/** A rate limit, and what counts in it now. */
export interface RateLimit {
  /** The name of the rate limit. */
  name: string;
  /** The most requests within the time. */
  requests: number | null;
  /** The most tokens within the time. */
  tokens: number | null;
  /** The time in seconds. */
  per: number;
  /** The value for the `*` in the scope. */
  value: string | null;
  /** The app of charge_to. */
  app: string | null;
  /** The agent of charge_to. */
  agent: string | null;
  /** The user of charge_to. */
  user: string | null;
  /** The run of charge_to. */
  run: string | null;
  /** One of the tags of charge_to. */
  tag: string | null;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The model that the request named. */
  model: string | null;
  /** The requests that count now. */
  used_requests: number;
  /** The tokens that count now. */
  used_tokens: number;
}

/** The result of looking up unknown costs. */
export interface Reconciled {
  /** The attempts about which wayfare asked the server. */
  looked_up: number;
  /** The attempts among `looked_up` whose cost the server told. */
  settled: number;
  /**
   * The attempts that were given up. Each is charged at the bound that was held for it. An attempt
   * without a bound stays without a cost.
   */
  given_up: number;
  /**
   * The attempts whose cost stays unknown: they are younger than a day, or were sent to another
   * server or with another key.
   */
  unknown: number;
  /** US dollars: the costs that the server told. */
  cost: Dollars;
  /** US dollars: the charges for the attempts that were given up. */
  charged: Dollars;
  /** Whether `cost` or `charged` is too large to be told. See UsageRow. */
  saturated: boolean;
  /** Why the lookups stopped early. */
  trouble: string | null;
}

/**
 * Past calls, and what they would have cost. A dimension is null if the query did not group by it.
 */
export interface ReplayRow {
  /** The day, such as 2026-11-23. */
  day: string | null;
  /** The app. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The model that served. */
  model: string | null;
  /** The provider that served. */
  provider: string | null;
  /** The first 12 hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The user. */
  user: string | null;
  /** The run. */
  run: string | null;
  /** The begin of the hour, such as 2026-11-23T09:00:00Z. */
  hour: string | null;
  /** The Monday of the week, such as 2026-11-23. */
  week: string | null;
  /** The month, such as 2026-11. */
  month: string | null;
  /** The model that the request named. */
  requested_model: string | null;
  /** The version of the agent. */
  agent_version: string | null;
  /** The model at whose prices the calls were priced. Null if there are several, or none. */
  replayed_model: string | null;
  /** The settled attempts. */
  calls: number;
  /** The attempts among `calls` whose cost is not known. */
  unknown: number;
  /** US dollars: the sum of the known costs of `calls`. */
  cost: Dollars;
  /** The attempts among `calls` that could be priced. */
  priced: number;
  /** US dollars: the part of `cost` that is of `priced`. Compare it with `replayed_cost`. */
  priced_cost: Dollars;
  /** US dollars: what `priced` would have cost, with `non_token_cost`. */
  replayed_cost: Dollars;
  /**
   * US dollars: the part of `replayed_cost` that is not for tokens, such as web search. It is
   * carried over as it was.
   */
  non_token_cost: Dollars;
  /** The attempts among `calls` whose model has no price that is needed. */
  no_price: number;
  /**
   * The attempts among `calls` whose model is not in the models list, or for which no model of the
   * policy has the room.
   */
  no_model: number;
  /** The attempts among `calls` whose tokens are not known. */
  no_tokens: number;
  /**
   * The attempts among `calls` that used your own key of the provider (BYOK), whose prices the
   * models list does not have.
   */
  byok: number;
  /**
   * Whether the replayed cost is arithmetic: each of `priced` has the model that served, and the
   * list has a price for each kind of its tokens. Else it is an estimate, because another model
   * counts its tokens otherwise, and answers at another length. False if nothing was priced.
   */
  exact: boolean;
}

/** What past calls would have cost. */
export interface Replayed {
  /** A row for each combination of the dimensions. */
  rows: ReplayRow[];
  /** The sum of the rows. */
  total: ReplayRow;
  /** The models list. Null if the operation named a file. */
  catalogue: CatalogueState | null;
}

/** The whole answer to a call. Cost and usage are those of the last attempt. */
export interface Reply {
  /** The text of the answer. */
  text: string;
  /** The reasoning of the model, as far as the server sends it. */
  reasoning: string;
  /** The model's words for why it does not answer. Servers send them apart from the text. */
  refusal: string | null;
  /** The tool calls that the model asks for. */
  tool_calls: ToolCall[];
  /** The provider's own word for the finish reason. */
  native_finish_reason: string | null;
  /** The model that served the request. The requested model if the server did not name one. */
  model: string;
  /** The provider that served the request, such as Amazon Bedrock. */
  provider: string | null;
  /** The server's id of the call. */
  generation_id: string | null;
  /** Why the answer ended: stop, length, tool_calls, content_filter or error. */
  finish_reason: string | null;
  /**
   * Exact US dollars that the server bills. Null if the cost is not known. An unknown cost is not
   * zero. If is_byok is true, the provider bills upstream_cost beside it.
   */
  cost: Dollars | null;
  /** Where the cost comes from. */
  cost_source: CostSource;
  /**
   * The part of the cost that is not for tokens: web search, file parsing, server tools. Below zero
   * for a discount. It is the cost minus the costs of prompt and completion in the response. Not
   * known if the response has no such costs, or if the provider was paid directly (BYOK).
   */
  non_token_cost: Dollars | null;
  /**
   * Whether the call used your own key of the provider (BYOK), so that the provider bills you
   * directly. Null if the server did not tell it.
   */
  is_byok: boolean | null;
  /**
   * Exact US dollars that the provider bills you directly. Null if is_byok is not true, or if the
   * server did not tell the amount.
   */
  upstream_cost: Dollars | null;
  /** The service tier that served, as the server tells it, such as flex or priority. */
  tier: string | null;
  /**
   * Whether another model served than the request named. Its dated name, an alias, a variant such
   * as :nitro and letter case make no other model, and each of the `models` of the body was asked
   * for. Null if the request left the choice to a router or a preset, if the server named no model,
   * or if it is not certain.
   */
  served_otherwise: boolean | null;
  /**
   * The figures of the server that cannot be right, and so are not known: their names with what the
   * server said, as texts. A text has at most 256 bytes: a longer number is cut, and of what else
   * is longer there is only the size. All of it has at most 512 bytes: what does not fit is left
   * out. A cost cannot be right if it is no amount, is below 0 or is above 100,000 dollars, and a
   * count if it is no number, is below 0 or is above 1,000,000,000,000.
   */
  refused_figures: Record<string, unknown> | null;
  /**
   * The quantization with which the provider serves the model, such as fp8, as the list of the
   * model's providers tells it. Null if the client did not know that list when the call ended (see
   * the operation endpoints), if the list does not tell it, or if it names several for the
   * provider.
   */
  quantization: string | null;
  /** The token counts. */
  usage: Usage;
  /** The id of the ledger entry of the last attempt: 26 characters that sort by time. */
  entry: string | null;
  /** The id that the caller gave the request. */
  request_id: string | null;
  /** The version of the agent. Null if the call named no agent. */
  agent_version: number | null;
  /** The names of the fields that wayfare added to the body, such as model or stream. */
  added: string[];
  /** All attempts of the call, in order. All attempts before the last one failed. */
  attempts: Attempt[];
  /**
   * One line for each soft budget that is exceeded, for each figure of the server that was rounded
   * or cannot be right, for names in the body that have their place elsewhere or are nearly spelled
   * like another member, for usage that was not asked for, and for a model of the agent that is
   * gone or has a last day.
   */
  warnings: string[];
  /**
   * The models that were considered, and the reasons. Only if the route has a policy or a max_cost.
   */
  selection: Selection | null;
  /** When the parts of the answer came. */
  timings: Timings;
  /** The HTTP status. */
  status: number | null;
  /**
   * The assistant message, to be sent back in the next request. It has what the server sent, also
   * members that wayfare does not know.
   */
  message: Record<string, unknown> | null;
  /**
   * The data to store with a message in your own database: v (1), entry, request_id, generation_id,
   * model, provider, prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
   * reasoning_tokens, cost (a decimal text), currency, cost_source, is_byok, upstream_cost (a
   * decimal text), finish_reason, requested_model, first_delta_us, total_us and agent_version.
   */
  metadata: Metadata;
  /**
   * The body of the response. After a stream: the body that the server would have sent without
   * streaming. A body that is not JSON is a text. Not known if nothing came.
   */
  raw: Record<string, unknown> | null;
}

/** How wayfare carries out a call. The route is not sent to the server. */
export interface Route {
  /** The model, if the body has no `model`. A model in both places is refused. */
  model: string | null;
  /**
   * The models to try, in this order or in the order of the policy, at most 32. If a model fails
   * before its first piece of content, the next model is tried.
   */
  models: string[];
  /** How the model is selected. */
  policy: Policy;
  /** How often the last model is tried again: 0 to 10. Else the option `retries`. */
  retries: number | null;
  /**
   * The longest time from the start of the call to the last byte of the answer: above 0 and at most
   * a week. Else the option `deadline`.
   */
  deadline: number | null;
  /**
   * The most that the whole call may cost, failed attempts included. With OpenRouter, wayfare adds
   * limits to the request so that its cost stays within this bound. With other servers it is
   * checked against an estimate.
   */
  max_cost: Dollars | null;
  /** The name of a key in the option `keys`. Else the option `api_key`. */
  key: string | null;
  /**
   * The servers to ask, in this order: names of the option `servers`, and `default` for the server
   * at the option base_url. At most 9. Without it: default alone. The call goes on with the next
   * server where it would go on with its next model, and also if the server cannot be reached or
   * does not accept the key. Each server has its own key, names of models and prices. `key` is that
   * of the default server.
   */
  servers: string[];
  /**
   * What the call does if a hard budget has too little left for it. Without it: refuse. The waiting
   * calls of one process are asked in the order in which they came, one at a time for each budget.
   * Between processes there is no order. A call does not wait if it may cost more than the whole
   * limit.
   */
  on_budget: OnBudget | null;
  /**
   * The longest time that an attempt waits for a budget or for a rate limit: above 0 and at most a
   * week. 60 seconds without it. The deadline of the call ends the wait too. Only with on_budget
   * wait or on_rate_limit wait.
   */
  budget_wait: number | null;
  /**
   * Whether the calls of one charge_to.run stay with the provider that has their prompt in its
   * cache, which makes long conversations cheaper. Without it: true. wayfare then adds a
   * session_id: a hash of the run and of the ledger's own id, from which nobody can tell the run.
   * Only with OpenRouter, and not if the call has a session_id, a prompt_cache_key or the header
   * x-session-id.
   */
  affinity: boolean | null;
  /**
   * Whether such a call also asks for the provider that has its prompt in its cache, by
   * provider.order. Without it: false, since OpenRouter then balances no load and keeps no session:
   * core/src/select/AFFINITY.md tells what it saves. wayfare asks for it only after an answer of
   * the same run that read or wrote a cache, in the 5 minutes after it, if the request costs less
   * there than at any other provider, and not if the body's `provider` chooses one.
   */
  affinity_order: boolean | null;
  /**
   * Whether only the model that the request names may serve. Without it: false. The call then ends
   * with `served_otherwise` if another model has served: of a stream before its first piece, but
   * the attempt is paid. A router, a preset and `models` of the body are refused before anything is
   * sent. Each model of route.models is a model of its own.
   */
  pin: boolean | null;
  /**
   * Whether the entry of each attempt keeps why its model was selected. Without it: false. The
   * operation explain tells it. It has no text of the prompt and no charge_to. The call then needs
   * the models list.
   */
  keep_decision: boolean | null;
  /**
   * What the call does with a model that cools down, because it failed in a process of this ledger.
   * Without it: skip. The operation cooldowns lists these models.
   */
  cooldown: OnCooldown | null;
  /**
   * What the call does if a rate limit of the ledger has no room for it now. Without it: refuse.
   * Calls that wait have no order.
   */
  on_rate_limit: OnRateLimit | null;
}

/** A quality of your own for models. */
export interface Score {
  /** A name of a model, or a pattern such as anthropic/*. The * stands for any characters. */
  model: string;
  /** The quality. A higher one is better. */
  score: number;
}

/** The models for a request, with the reasons. */
export interface Selection {
  /** The rule for the order of the models. */
  policy: Sort;
  /** The models in the order in which the call tries them. */
  ranked: Candidate[];
  /** The models that cannot serve the request. */
  out: Candidate[];
  /** The source and the age of the models list. */
  catalogue: CatalogueState;
}

/** Microseconds since the start of the call, by a monotonic clock. */
export interface Timings {
  /** When the reservation was in the ledger. */
  reserved_us: number | null;
  /** When the status line came. */
  headers_us: number | null;
  /** When the first piece of text, reasoning, a refusal or a tool call came. */
  first_delta_us: number | null;
  /** When the last byte came. */
  total_us: number | null;
}

/** A tool call that the model asks for. */
export interface ToolCall {
  /** The id of the tool call. The answer of the tool must repeat it. */
  id: string;
  /** The name of the tool. */
  name: string;
  /**
   * The arguments as the model wrote them: JSON text, not checked. {} if the model wrote nothing.
   * The input, for a custom tool: any text.
   */
  arguments: string;
  /** function, or custom for a tool that takes any text. */
  type: string;
}

/** A piece of a tool call in a stream. */
export interface ToolPiece {
  /** The index of the tool call among the tool calls of the reply. */
  index: number;
  /** The id of the tool call. Only in the first piece. */
  id: string | null;
  /** The name of the tool, or its next piece. Nearly always whole and in the first piece. */
  name: string | null;
  /** The next piece of the arguments. */
  arguments: string;
}

/** An attempt that has ended and whose cost or upstream cost is not known. */
export interface Unknown {
  /** The id of the attempt, for the operation settle. */
  entry: string;
  /**
   * `unknown` if the attempt may have been billed. `settled` if it has ended well and the server
   * did not tell what it costs.
   */
  state: State;
  /** When the attempt was reserved. */
  reserved: string;
  /** Since when the cost is unknown: the end of the attempt. */
  since: string;
  /** The application. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The user. */
  user: string | null;
  /** The run, such as a session or a job. */
  run: string | null;
  /** At most 16 tags. */
  tags: string[];
  /** The model that served. The requested model if the server did not name one. */
  model: string;
  /** The id that the caller gave the request. */
  request_id: string | null;
  /** The server's id of the call. */
  generation_id: string | null;
  /** US dollars: the cost, if only the upstream cost is not known. See is_byok of an entry. */
  cost: Dollars | null;
  /** US dollars: the most that the attempt can cost. Null if it has no bound. */
  bound: Dollars | null;
  /**
   * US dollars that budgets hold for the attempt. If they hold different amounts, this is the
   * highest one.
   */
  held: Dollars;
  /**
   * Whether wayfare asks the server for the cost. It does so if the server told an id of the call.
   */
  looked_up: boolean;
  /**
   * When wayfare gives up, unless it learns the cost before. From then on an `unknown` attempt is
   * charged at its bound, or stays without a cost if it has none. A `settled` attempt stays without
   * a cost. Null if wayfare has given up already: then only the operation settle ends it.
   */
  gives_up_at: string | null;
  /**
   * The figures that cannot be right in the answer and in what the server told later: their names
   * with what the server said. See the field of an entry.
   */
  refused_figures: Record<string, unknown> | null;
}

/** A page of attempts whose cost is not known. */
export interface UnknownPage {
  /** The attempts, the oldest first. */
  unknown: Unknown[];
  /** The value of `after` for the following page. Null on the last page. */
  next: string | null;
}

/**
 * Token counts of the provider's own tokenizer. A count that the server did not send is not known.
 * Servers differ: do not assume that one count is the sum of others.
 */
export interface Usage {
  /** The tokens of the prompt, including the cached and the cache-written tokens. */
  prompt_tokens: number | null;
  /** The tokens of the answer, including the reasoning. */
  completion_tokens: number | null;
  /** The sum, as the server computed it. */
  total_tokens: number | null;
  /** The tokens of the prompt that were read from the provider's cache. */
  cached_tokens: number | null;
  /** The tokens of the prompt that were written to the provider's cache. */
  cache_write_tokens: number | null;
  /** The tokens of the answer that were spent on reasoning. */
  reasoning_tokens: number | null;
  /** The tokens of the prompt that are audio. This and the counts below are not in the ledger. */
  prompt_audio_tokens: number | null;
  /** The tokens of the prompt that are images. */
  prompt_image_tokens: number | null;
  /** The tokens of the prompt that stand for video. */
  prompt_video_tokens: number | null;
  /** The tokens of the answer that are audio. */
  completion_audio_tokens: number | null;
  /** The tokens of the answer that are images. */
  completion_image_tokens: number | null;
  /** The searches of the web that the server made. */
  searches: number | null;
}

/** Sums over calls. A dimension is null if the query did not group by it. */
export interface UsageRow {
  /** The day, such as 2026-11-23. */
  day: string | null;
  /** The app. */
  app: string | null;
  /** The agent. */
  agent: string | null;
  /** The model that served. */
  model: string | null;
  /** The provider that served. */
  provider: string | null;
  /** The first 12 hexadecimal digits of the API key's SHA-256. */
  key: string | null;
  /** The user. */
  user: string | null;
  /** The tag. */
  tag: string | null;
  /** The run. */
  run: string | null;
  /**
   * The begin of the hour, such as 2026-11-23T09:00:00Z, or 2026-11-23T10:00:00+01:00 in the time
   * zone of the query.
   */
  hour: string | null;
  /** The Monday of the week, such as 2026-11-23. */
  week: string | null;
  /** The month, such as 2026-11. */
  month: string | null;
  /** The model that the request named. */
  requested_model: string | null;
  /** The version of the agent. */
  agent_version: string | null;
  /** The attempts that were sent or may have been sent. */
  calls: number;
  /** The attempts among `calls` whose cost is not known. */
  unknown: number;
  /** The sum of the known counts. */
  prompt_tokens: number;
  /** The sum of the known counts. */
  completion_tokens: number;
  /** The sum of the known counts. */
  cached_tokens: number;
  /** The sum of the known counts. */
  cache_write_tokens: number;
  /** The sum of the known counts. */
  reasoning_tokens: number;
  /** US dollars: the sum of the known costs. */
  cost: Dollars;
  /** US dollars: the most that attempts without an end may cost, as far as it is known. */
  held: Dollars;
  /** The attempts among `calls` that used your own key of the provider (BYOK). */
  byok_calls: number;
  /** The attempts among `byok_calls` whose upstream cost is not known. */
  upstream_unknown: number;
  /**
   * US dollars: the sum of the known costs that providers bill you directly. It is not part of
   * `cost`.
   */
  upstream_cost: Dollars;
  /**
   * Whether a sum of this row is too large to be told: above 9223372.036854775807 US dollars. Such
   * a sum stays at the largest number, and the true one is higher.
   */
  saturated: boolean;
}

/** The result of checking the ledger. */
export interface Verification {
  /** Whether no problem was found. */
  ok: boolean;
  /** The number of rows that were read. */
  entries: number;
  /** The number of rows that were read of attempts without an end. */
  pending: number;
  /** One line for each problem, at most 100 lines. */
  problems: string[];
}

/** The versions of wayfare and of the libraries that run in this process. */
export interface Versions {
  /** The version of wayfare. */
  wayfare: string;
  /** The version of libcurl. */
  libcurl: string;
  /**
   * The TLS library of libcurl and its version, such as `OpenSSL/3.0.19`. Null if libcurl has none.
   */
  tls: string | null;
  /** The version of SQLite. */
  sqlite: string;
  /** The version of nghttp2, by which libcurl speaks HTTP/2. Null if libcurl has none. */
  nghttp2: string | null;
  /** The version of zlib, by which libcurl unpacks compressed answers. Null if libcurl has none. */
  zlib: string | null;
}

/**
 * A further server, which the `servers` of a route may name. Such as a llama.cpp of your own, for
 * the time in which OpenRouter cannot be reached.
 */
export interface ServerOptions {
  /**
   * The name of the server in a route: at most 128 bytes. `default` is the name of the server at
   * the option base_url, and can be given to no other.
   */
  name: string;
  /** The base URL of the server. The same rules hold for it as for the option base_url. */
  base_url: string;
  /**
   * The name of the API key for this server, in the option `keys`. Without it, no key is sent. The
   * option api_key is never sent to a further server.
   */
  key?: string;
  /**
   * The API rules that the server follows. Without it, they follow from the host of its base URL.
   * The variable WAYFARE_DIALECT does not count here.
   */
  dialect?: Dialect;
  /**
   * The model that is asked for at this server, whatever model the call names. A model in the body
   * is then replaced, and `added` names it. Without it: the model of the call.
   */
  model?: string;
  /**
   * What this server calls a model of the call, such as gpt-4o-mini for openai/gpt-4o-mini: at most
   * 32. They go before `model`.
   */
  models?: Record<string, string>;
  /**
   * What the server bills, if it tells neither its costs nor its prices. 0 for a server that costs
   * nothing. Hard budgets and max_cost then know what a call can cost at most. Not for OpenRouter,
   * which tells both.
   */
  price?: TokenPrice;
}

/** What a server of your own bills for tokens. */
export interface TokenPrice {
  /** US dollars per million tokens. */
  prompt: Dollars | number;
  /** US dollars per million tokens. */
  completion: Dollars | number;
}

/** How wayfare carries out a call. The route is not sent to the server. */
export interface RouteGiven {
  /** The model, if the body has no `model`. A model in both places is refused. */
  model?: string;
  /**
   * The models to try, in this order or in the order of the policy, at most 32. If a model fails
   * before its first piece of content, the next model is tried.
   */
  models?: string[];
  /** How the model is selected. */
  policy?: Sort | PolicyGiven;
  /** How often the last model is tried again: 0 to 10. Else the option `retries`. */
  retries?: number;
  /**
   * The longest time from the start of the call to the last byte of the answer: above 0 and at most
   * a week. Else the option `deadline`.
   */
  deadline?: number;
  /**
   * The most that the whole call may cost, failed attempts included. With OpenRouter, wayfare adds
   * limits to the request so that its cost stays within this bound. With other servers it is
   * checked against an estimate.
   */
  max_cost?: Dollars | number;
  /** The name of a key in the option `keys`. Else the option `api_key`. */
  key?: string;
  /**
   * The servers to ask, in this order: names of the option `servers`, and `default` for the server
   * at the option base_url. At most 9. Without it: default alone. The call goes on with the next
   * server where it would go on with its next model, and also if the server cannot be reached or
   * does not accept the key. Each server has its own key, names of models and prices. `key` is that
   * of the default server.
   */
  servers?: string[];
  /**
   * What the call does if a hard budget has too little left for it. Without it: refuse. The waiting
   * calls of one process are asked in the order in which they came, one at a time for each budget.
   * Between processes there is no order. A call does not wait if it may cost more than the whole
   * limit.
   */
  on_budget?: OnBudget;
  /**
   * The longest time that an attempt waits for a budget or for a rate limit: above 0 and at most a
   * week. 60 seconds without it. The deadline of the call ends the wait too. Only with on_budget
   * wait or on_rate_limit wait.
   */
  budget_wait?: number;
  /**
   * Whether the calls of one charge_to.run stay with the provider that has their prompt in its
   * cache, which makes long conversations cheaper. Without it: true. wayfare then adds a
   * session_id: a hash of the run and of the ledger's own id, from which nobody can tell the run.
   * Only with OpenRouter, and not if the call has a session_id, a prompt_cache_key or the header
   * x-session-id.
   */
  affinity?: boolean;
  /**
   * Whether such a call also asks for the provider that has its prompt in its cache, by
   * provider.order. Without it: false, since OpenRouter then balances no load and keeps no session:
   * core/src/select/AFFINITY.md tells what it saves. wayfare asks for it only after an answer of
   * the same run that read or wrote a cache, in the 5 minutes after it, if the request costs less
   * there than at any other provider, and not if the body's `provider` chooses one.
   */
  affinity_order?: boolean;
  /**
   * Whether only the model that the request names may serve. Without it: false. The call then ends
   * with `served_otherwise` if another model has served: of a stream before its first piece, but
   * the attempt is paid. A router, a preset and `models` of the body are refused before anything is
   * sent. Each model of route.models is a model of its own.
   */
  pin?: boolean;
  /**
   * Whether the entry of each attempt keeps why its model was selected. Without it: false. The
   * operation explain tells it. It has no text of the prompt and no charge_to. The call then needs
   * the models list.
   */
  keep_decision?: boolean;
  /**
   * What the call does with a model that cools down, because it failed in a process of this ledger.
   * Without it: skip. The operation cooldowns lists these models.
   */
  cooldown?: OnCooldown;
  /**
   * What the call does if a rate limit of the ledger has no room for it now. Without it: refuse.
   * Calls that wait have no order.
   */
  on_rate_limit?: OnRateLimit;
}

/** How the model of a call is selected. The value of `sort` alone may be given in its place. */
export interface PolicyGiven {
  /** The order in which the call tries the models. */
  sort?: Sort;
  /** The highest prices. */
  max_price?: MaxPriceGiven;
  /**
   * Patterns of the models that may serve, such as anthropic/*: at most 32. The * stands for any
   * characters. Without patterns, every model may serve. A name is refused if the server chooses
   * the model for it, such as a router.
   */
  allow?: string[];
  /**
   * Patterns of the models that may not serve, such as *:free: at most 32. They go before `allow`.
   */
  deny?: string[];
  /**
   * The speed by which the models are ordered. Without it: first_token. Only with the sort fastest.
   */
  speed?: Speed;
  /** The index of the models list that tells the quality of a model. Without it: intelligence. */
  quality?: Quality;
  /**
   * The quality of models by scores of your own, at most 256. The first one that matches a model
   * counts. With scores, the models list tells no quality.
   */
  scores?: ScoreGiven[];
  /** The least quality that a model may have. A model without a known quality is left out. */
  min_quality?: number;
  /** Which providers of the models may serve. */
  providers?: ProviderRulesGiven;
  /** What the call does near the end of a budget. */
  degrade?: integer | DegradeGiven;
}

/**
 * The highest prices that a model may have. A more expensive model is left out, and OpenRouter is
 * told to refuse a more expensive provider.
 */
export interface MaxPriceGiven {
  /** US dollars per million tokens. */
  prompt?: Dollars | number;
  /** US dollars per million tokens. */
  completion?: Dollars | number;
  /** US dollars per request. */
  request?: Dollars | number;
  /** US dollars per image. */
  image?: Dollars | number;
}

/** A quality of your own for models. */
export interface ScoreGiven {
  /** A name of a model, or a pattern such as anthropic/*. The * stands for any characters. */
  model: string;
  /** The quality. A higher one is better. */
  score: number;
}

/**
 * Which providers of a model may serve. Only with OpenRouter. wayfare adds these rules to the
 * request's `provider`, and leaves out each model of which no provider passes them. A rule that the
 * body's `provider` has too is refused.
 */
export interface ProviderRulesGiven {
  /**
   * The providers that may serve, by their slugs, such as google-vertex: at most 32. A slug stands
   * for all regions and variants of the provider, but not for its service tiers. A * stands for any
   * characters: google-vertex/europe-* are the regions of Europe. wayfare then puts the slugs that
   * match in its place.
   */
  only?: string[];
  /** The providers that may not serve: at most 32. They are given as in `only`. */
  ignore?: string[];
  /** The quantizations that may serve, such as fp8 or bf16: at most 32. */
  quantizations?: string[];
  /** Whether only providers may serve that keep no data (zero data retention). */
  zdr?: boolean;
  /**
   * Whether providers may serve that store prompts or train with them. With deny, no free model is
   * selected.
   */
  data_collection?: DataCollection;
}

/**
 * Takes cheaper models near the end of a budget. The reply then warns of it and names the budget.
 * The value of `at` alone may be given in its place.
 */
export interface DegradeGiven {
  /**
   * The share of a limit in percent, 1 to 100. If a budget that counts the call has spent and holds
   * that much, the call tries the models by their expected cost, lowest first.
   */
  at?: number;
  /**
   * The models that the call then tries, at most 32. Without them, it tries the same models as
   * before.
   */
  models?: string[];
}

/**
 * The accounts to which a call is charged. The ledger stores them. They are never sent to the
 * server. Each text has at most 128 bytes. A text that is given without a value is refused.
 */
export interface ChargeToGiven {
  /** The application. */
  app?: string;
  /** The agent. */
  agent?: string;
  /** The user. */
  user?: string;
  /** The run, such as a session or a job. */
  run?: string;
  /** At most 16 tags. */
  tags?: string[];
}

/** What a call uses for the parts that it leaves out. */
export interface Defaults {
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model?: string;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens?: number;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route?: RouteGiven;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to?: ChargeToGiven;
}

/**
 * The hard budget of an agent. It counts every call that is charged to the agent. Its name is
 * `agent:` and the name of the agent. The operation budget does not change it. The operation
 * override adds to its limit for a while.
 */
export interface AgentBudgetGiven {
  /** US dollars: the most that the calls of one window may cost. A budget needs it. */
  limit?: Dollars | number;
  /** The period of the budget. A budget needs it. */
  window?: Window;
  /** The amount that a call without a bound holds. Without it such a call is refused. */
  assume?: Dollars | number;
  /** Shares of the limit in percent. See the operation crossings. */
  thresholds?: number[];
}

/** One version of an agent. */
export interface AgentGiven {
  /**
   * The name, 1 to 128 bytes, without control characters. Calls of the agent have it as
   * charge_to.agent. It never changes.
   */
  name?: string;
  /** The number of the version: 1 for the first, and one more with each change. */
  version?: number;
  /** Whether the agent takes no calls. */
  archived?: boolean;
  /** What made this version. */
  change?: AgentChange;
  /** When the agent was created. */
  created?: string | Date;
  /** When this version was made. */
  changed?: string | Date;
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model?: string;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens?: number;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route?: RouteGiven;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to?: ChargeToGiven;
  /**
   * Members for the body, such as temperature, response_format or provider, in at most 64 KiB. A
   * member that has its own place is refused by name: model, messages, tools, max_tokens, stream
   * and those of the same meaning.
   */
  parameters?: Record<string, unknown>;
  /** The tools, as the body has them, in at most 256 KiB. */
  tools?: Record<string, unknown>[];
  /**
   * The system prompt, at most 256 KiB. A call whose messages begin with a system message of its
   * own does not take it. It is not stored in the ledger, but in a private file in a folder beside
   * it.
   */
  system?: string;
  /**
   * The absolute path of a text file of your own with the system prompt, in place of `system`. Each
   * call has the text that the file has then. It is not a part of the agent's history.
   */
  system_file?: string;
  /** The hard budget of the agent. */
  budget?: AgentBudgetGiven;
  /** At most 16 tags, to find agents by. They are charged nothing. */
  tags?: string[];
  /** Notes for people, at most 4 KiB. */
  notes?: string;
  /**
   * Why the system prompt, the parameters and the tools of this version cannot be read. They are
   * null then, and calls of the agent are refused.
   */
  fault?: string;
}

/**
 * The options of a client. Every option may be left out. An empty environment variable counts as
 * not set.
 */
export interface Options {
  /**
   * The API key. Else OPENROUTER_API_KEY. It is checked when a call first needs it. The error for a
   * bad key names the place where the key was found.
   */
  api_key?: string;
  /** More API keys by name, at most 64. The `key` of a call's route selects one. */
  keys?: Record<string, string>;
  /**
   * The base URL of the server. Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. Plain
   * http is allowed only to this machine, or with allow_http.
   */
  base_url?: string;
  /** Further servers, at most 8. A call asks them only if the `servers` of its route name them. */
  servers?: ServerOptions[];
  /**
   * The URL of the app under which OpenRouter shows the calls. Else OPENROUTER_HTTP_REFERER, else
   * NEXT_PUBLIC_APP_URL, which belongs to a web app: wayfare leaves it out if it is no URL. Sent as
   * HTTP-Referer, at most 512 bytes. A header in the request replaces it.
   */
  app_url?: string;
  /**
   * The title of that app. Else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at most 512
   * bytes. OpenRouter does not show an app that has a title but no URL.
   */
  app_title?: string;
  /**
   * At most two categories of that app. Else OPENROUTER_APP_CATEGORIES (`a,b`). Sent as
   * X-OpenRouter-Categories.
   */
  app_categories?: string[];
  /**
   * A folder with a .env.local or a .env file, such as services/api. If the environment of the
   * process does not set a variable that these options name, it is read from .env.local, then from
   * .env. The environment is not changed. At least one of the two files must exist, or the
   * environment must have OPENROUTER_API_KEY or the options an api_key, as in a container. Each
   * file has at most 1 MiB. A $NAME in a value is refused, because it is not expanded. A relative
   * WAYFARE_LEDGER is relative to this folder.
   */
  env_folder?: string;
  /**
   * The path of the ledger. Else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, else
   * ~/.local/state/wayfare/ledger.db. `:memory:` is a ledger without a file. It is lost when the
   * client is closed.
   */
  ledger?: string;
  /**
   * Whether the ledger may be on NFS, SMB, FUSE, virtiofs, 9P and other file systems that several
   * machines may have. It is safe only where all processes that use the ledger run on one machine,
   * and the file system keeps locks and shared memory as a local disk does.
   */
  allow_remote_ledger?: boolean;
  /** The data that is synced to the disk. */
  durability?: Durability;
  /** The API rules that the server follows. */
  dialect?: Dialect;
  /**
   * A PEM file of certificate authorities. Else the first variable that is set: SSL_CERT_FILE,
   * CURL_CA_BUNDLE or SSL_CERT_DIR (a folder). Else the authorities of the system.
   */
  ca_file?: string;
  /**
   * A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080. Else
   * HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http never uses a proxy.
   */
  proxy?: string;
  /** Whether plain http to other machines is allowed. */
  allow_http?: boolean;
  /**
   * Servers that may get an API key from another place than their base URL: at most 16 hosts, such
   * as llm.example.org or 127.0.0.1:8080. Without it, a base URL in the options takes any key. A
   * base URL in the environment takes a key in the environment or in the options. A base URL in a
   * file takes a key in the same file or in the options. https://openrouter.ai takes any key.
   */
  allow_key_to?: string[];
  /** The longest time for the DNS lookup, TCP and TLS together. */
  connect_timeout?: number;
  /** The longest time from sending the request to the first byte of the answer. */
  first_byte_timeout?: number;
  /**
   * The longest time between two pieces of the answer. The time does not run while the caller
   * leaves the events of the call waiting.
   */
  idle_timeout?: number;
  /**
   * The longest time without a part of the content, counted from the head of the answer and from
   * each part on. Heartbeats, blanks and empty deltas count as pieces of the answer and are no
   * content. The time does not run while the caller leaves the events of the call waiting. 0: no
   * limit.
   */
  content_timeout?: number;
  /** The longest time for a whole call, if its route has no deadline. */
  deadline?: number;
  /**
   * The longest time for one report of the ledger, and for verify and backup. It ends with the code
   * `deadline` then, for example where another process holds the ledger locked.
   */
  report_timeout?: number;
  /** How often the last model of a call is tried again, if its route does not tell: 0 to 10. */
  retries?: number;
  /** The most calls that may be open at once. A call is open until its final event is taken. */
  max_open_calls?: number;
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model?: string;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens?: number;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route?: RouteGiven;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to?: ChargeToGiven;
  /**
   * Parts of charge_to that every call must have, so that no call escapes its budget. A call
   * without one of them is refused with `invalid`. The defaults count.
   */
  require_charge_to?: ChargePart[];
}

export interface ModelsArgs {
  /**
   * Lists only the models that the key may call, by the privacy settings, the providers and the
   * limits of its account. Asks the server each time, and stores nothing.
   */
  of_key?: boolean;
  /** The name of a key in the option `keys`, for of_key. Else the option `api_key`. */
  key?: string;
  /** A part of the id or the name. The case of ASCII letters does not count. */
  text?: string;
  /**
   * Parameters that at least one provider of the model supports, such as tools or
   * structured_outputs.
   */
  parameters?: string[];
  /** Kinds of input that the model takes, such as image. */
  inputs?: string[];
  /** Kinds of output that the model gives. */
  outputs?: string[];
  /** The least context that the model has. A model with an unknown context does not pass. */
  context_tokens?: number;
  /** The highest prices. A model whose price is not known does not pass. */
  max_price?: MaxPriceGiven;
  /** Whether the five well-known models come first, as a first choice for a new agent. */
  defaults_first?: boolean;
}

export interface UsageArgs {
  /** The dimensions. The result has one row for each combination of their values. */
  by?: Dimension[];
  /**
   * When the report begins. The time of the reservation counts. It must be a midnight in UTC,
   * unless the report reads the entries.
   */
  since?: string | Date;
  /** When the report ends: as `since`. */
  until?: string | Date;
  /**
   * The time zone of hours, days, weeks and months: a name such as Europe/Berlin, which the time
   * zone files of the system must have, or an offset such as +02:00. Else UTC.
   */
  time_zone?: string;
}

export interface EntriesArgs {
  /** The earliest time of booking. */
  since?: string | Date;
  /** The time of booking at which the report ends. It is not included. */
  until?: string | Date;
  /** The `next` of the previous page. */
  after?: string;
  /** The most entries on a page: 1 to 10000. */
  limit?: number;
  /** The id of an attempt. */
  entry?: string;
  /** The id that the caller gave the request. */
  request_id?: string;
  /** The app of charge_to. */
  app?: string;
  /** The agent of charge_to. */
  agent?: string;
  /** The user of charge_to. */
  user?: string;
  /** The run of charge_to. */
  run?: string;
  /** One of the tags of charge_to. */
  tag?: string;
  /** The model that the request named, or that served. */
  model?: string;
  /** The state of the attempt. */
  state?: State;
  /**
   * Gives the newest entries first. Entries without an end then come before all others, the newest
   * first.
   */
  newest?: boolean;
}

export interface BudgetArgs {
  /** The name, at most 128 bytes. */
  name: string;
  /** US dollars. Required for a new budget. It may be below the amount already spent. */
  limit?: Dollars | number;
  /** The period. Required for a new budget. */
  window?: Window;
  /** The action when a call may cost more than is left. A new budget without it is hard. */
  mode?: BudgetMode;
  /**
   * US dollars that a call without a bound holds. If it is not set, a hard budget refuses such a
   * call with no_bound.
   */
  assume?: Dollars | number;
  /** Deletes the budget. */
  delete?: boolean;
  /** The app of charge_to. */
  app?: string;
  /** The agent of charge_to. */
  agent?: string;
  /** The user of charge_to. */
  user?: string;
  /** The run of charge_to. */
  run?: string;
  /** One of the tags of charge_to. */
  tag?: string;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key?: string;
  /** The model that the request named. */
  model?: string;
  /**
   * Whether the budget counts the costs that a provider bills you directly. A new budget without it
   * counts them.
   */
  byok?: BudgetByok;
  /**
   * The action for a call without a value for the `*`. A new budget without it refuses the call.
   */
  missing?: BudgetMissing;
  /**
   * At most 8 shares of the limit in percent, from 1 to 1000. When a window has spent such a share
   * for the first time, the ledger records it. Amounts that are held do not count. An empty list
   * takes the shares away.
   */
  thresholds?: number[];
}

export interface BudgetsArgs {
}

export interface BlockArgs {
  /** The app of charge_to. */
  app?: string;
  /** The agent of charge_to. */
  agent?: string;
  /** The user of charge_to. */
  user?: string;
  /** The run of charge_to. */
  run?: string;
  /** One of the tags of charge_to. */
  tag?: string;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key?: string;
  /** The model that the request named. */
  model?: string;
  /** Refuses every call. Give either this or a part of the scope. */
  everything?: boolean;
}

export interface UnblockArgs {
  /** The app of charge_to. */
  app?: string;
  /** The agent of charge_to. */
  agent?: string;
  /** The user of charge_to. */
  user?: string;
  /** The run of charge_to. */
  run?: string;
  /** One of the tags of charge_to. */
  tag?: string;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key?: string;
  /** The model that the request named. */
  model?: string;
  /** Lifts the block of every call. */
  everything?: boolean;
}

export interface BlocksArgs {
}

export interface ClockArgs {
  /** Must be true. */
  accept: boolean;
}

export interface ReconcileArgs {
}

export interface VerifyArgs {
}

export interface MendArgs {
}

export interface BackupArgs {
  /** The path of the copy. */
  path: string;
}

export interface PruneArgs {
  /** The time. It must not lie in the future. */
  before: string | Date;
}

export interface UnknownArgs {
  /** The `next` of the previous page. */
  after?: string;
  /** The most attempts on a page: 1 to 10000. */
  limit?: number;
}

export interface SettleArgs {
  /** The id of the attempt. */
  entry: string;
  /**
   * US dollars that the server bills. Leave it out only if the cost is known and the upstream cost
   * is not.
   */
  cost?: Dollars | number;
  /** Why, in 1 to 256 bytes. The entry has it. */
  reason: string;
  /**
   * US dollars that the provider bills you directly (BYOK). Leave it out if the attempt did not use
   * your own key of the provider.
   */
  upstream_cost?: Dollars | number;
}

export interface OverrideArgs {
  /** The name of the budget. */
  name: string;
  /** US dollars. */
  amount: Dollars | number;
  /**
   * When the override ends, in the time of the ledger. It must lie in the future. Required unless
   * the amount is 0.
   */
  until?: string | Date;
}

export interface CrossingsArgs {
  /** The earliest time of a crossing. */
  since?: string | Date;
  /** The most crossings: 1 to 10000. */
  limit?: number;
}

export interface VersionsArgs {
}

export interface DefaultModelsArgs {
}

export interface KeyInfoArgs {
  /** The name of a key in the option `keys`. Else the option `api_key`. */
  key?: string;
}

export interface CreateAgentArgs {
  /** The name, 1 to 128 bytes, without control characters. */
  name: string;
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model?: string;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens?: number;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route?: RouteGiven;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to?: ChargeToGiven;
  /**
   * Members for the body, such as temperature, response_format or provider, in at most 64 KiB. A
   * member that has its own place is refused by name: model, messages, tools, max_tokens, stream
   * and those of the same meaning.
   */
  parameters?: Record<string, unknown>;
  /** The tools, as the body has them, in at most 256 KiB. */
  tools?: Record<string, unknown>[];
  /**
   * The system prompt, at most 256 KiB. A call whose messages begin with a system message of its
   * own does not take it. It is not stored in the ledger, but in a private file in a folder beside
   * it.
   */
  system?: string;
  /**
   * The absolute path of a text file of your own with the system prompt, in place of `system`. Each
   * call has the text that the file has then. It is not a part of the agent's history.
   */
  system_file?: string;
  /** The hard budget of the agent. */
  budget?: AgentBudgetGiven;
  /** At most 16 tags, to find agents by. They are charged nothing. */
  tags?: string[];
  /** Notes for people, at most 4 KiB. */
  notes?: string;
}

export interface EditAgentArgs {
  /** The name of the agent. */
  name: string;
  /** The version that you have seen. */
  version: number;
  /**
   * The model of a call that names no model, in its body or in its route, and whose route has no
   * policy with a `sort`. Without it: openai/gpt-4o-mini.
   */
  model?: string;
  /**
   * The most tokens of the answer: 1 to 2147483647. It is sent as `max_tokens` if the body has
   * neither max_tokens nor max_completion_tokens.
   */
  max_tokens?: number;
  /**
   * Members for the route of the call. A member that the call gives itself goes before it. `model`,
   * `models` and the `sort` of the policy go together: they count only where `model` would.
   */
  route?: RouteGiven;
  /**
   * Parts for the charge_to of the call. A part that the call gives itself goes before it. The tags
   * are one part.
   */
  charge_to?: ChargeToGiven;
  /**
   * Members for the body, such as temperature, response_format or provider, in at most 64 KiB. A
   * member that has its own place is refused by name: model, messages, tools, max_tokens, stream
   * and those of the same meaning.
   */
  parameters?: Record<string, unknown>;
  /** The tools, as the body has them, in at most 256 KiB. */
  tools?: Record<string, unknown>[];
  /**
   * The system prompt, at most 256 KiB. A call whose messages begin with a system message of its
   * own does not take it. It is not stored in the ledger, but in a private file in a folder beside
   * it.
   */
  system?: string;
  /**
   * The absolute path of a text file of your own with the system prompt, in place of `system`. Each
   * call has the text that the file has then. It is not a part of the agent's history.
   */
  system_file?: string;
  /** The hard budget of the agent. */
  budget?: AgentBudgetGiven;
  /** At most 16 tags, to find agents by. They are charged nothing. */
  tags?: string[];
  /** Notes for people, at most 4 KiB. */
  notes?: string;
}

export interface AgentArgs {
  /** The name of the agent. */
  name: string;
  /** A version. Without it: the newest. */
  version?: number;
}

export interface AgentsArgs {
  /** A part of the name. The case of ASCII letters does not count. */
  text?: string;
  /** One of the models that the profile names. */
  model?: string;
  /** One of the tags of the profile. */
  tag?: string;
  /** Whether the agent is archived. Without it: only agents that are not. */
  archived?: boolean;
  /** The `next` of the previous page. */
  after?: string;
  /** The most agents on a page: 1 to 1000. */
  limit?: number;
}

export interface AgentHistoryArgs {
  /** The name of the agent. */
  name: string;
  /** The `next` of the previous page. */
  after?: string;
  /** The most versions on a page: 1 to 1000. */
  limit?: number;
}

export interface ArchiveAgentArgs {
  /** The name of the agent. */
  name: string;
  /**
   * The version that you have seen. An older one is refused with `conflict`. Without it: the
   * newest.
   */
  version?: number;
}

export interface RestoreAgentArgs {
  /** The name of the agent. */
  name: string;
  /** As of archive_agent. */
  version?: number;
}

export interface ExportAgentsArgs {
  /** The `next` of the previous page. */
  after?: string;
  /** The most agents on a page: 1 to 1000. */
  limit?: number;
}

export interface ImportAgentsArgs {
  /**
   * The agents, as export_agents gives them: at most 1000. The name, whether it is archived, and
   * the profile count.
   */
  agents: AgentGiven[];
  /** What to do with a name that is taken. */
  on_conflict?: OnConflict;
}

export interface ExplainArgs {
  /** The id of the attempt. */
  entry: string;
}

export interface EndpointsArgs {
  /** The id of the model. */
  model: string;
}

export interface ReplayArgs {
  /** When the period begins. The time of the reservation counts. */
  since?: string | Date;
  /** When the period ends. It is not included. */
  until?: string | Date;
  /** Only the calls of this app of charge_to. */
  app?: string;
  /** Only the calls of this agent of charge_to. */
  agent?: string;
  /** Only the calls of this user of charge_to. */
  user?: string;
  /** Only the calls of this model: the one that the request named, or that served. */
  of_model?: string;
  /**
   * The model at whose prices all calls are priced. Without it, `models` and `policy`: the model
   * that served.
   */
  model?: string;
  /**
   * For models that served, the model at whose prices their calls are priced: at most 1000. The
   * others keep theirs.
   */
  models?: Record<string, string>;
  /**
   * Prices each call with the cheapest model of the models list for its tokens that the policy
   * allows and whose context has the room. Its `sort` is cheapest.
   */
  policy?: Sort | PolicyGiven;
  /**
   * The path of a JSON file of at most 32 MiB in the form of GET /models. Else the models list of
   * the server.
   */
  models_list?: string;
  /**
   * The dimensions, all but tag. The result has one row for each combination of their values.
   * Without it: model and agent.
   */
  by?: Dimension[];
}

export interface CooldownsArgs {
}

export interface EndCooldownArgs {
  /** The model. */
  model: string;
  /** Ends the cool-down of this provider alone. Its name or its slug. */
  provider?: string;
}

export interface RateLimitArgs {
  /** The name, at most 128 bytes. */
  name: string;
  /** The most requests: 1 to 1000000000. A new one needs this or `tokens`. */
  requests?: number;
  /** The most tokens: 1 to 1000000000000. */
  tokens?: number;
  /** The time in seconds: 1 to 86400. A new one without it: 60. */
  per?: number;
  /** Deletes the rate limit. */
  delete?: boolean;
  /** The app of charge_to. */
  app?: string;
  /** The agent of charge_to. */
  agent?: string;
  /** The user of charge_to. */
  user?: string;
  /** The run of charge_to. */
  run?: string;
  /** One of the tags of charge_to. */
  tag?: string;
  /** The first 12 or more hexadecimal digits of the API key's SHA-256. */
  key?: string;
  /** The model that the request named. */
  model?: string;
}

export interface RateLimitsArgs {
}

export interface PerformanceArgs {
  /** How many hours it goes back from the newest entry: 1 to 8784. */
  hours?: number;
  /** Only this model. */
  model?: string;
}

export interface CachingArgs {
  /** The dimensions, all but tag. The result has one row for each combination of their values. */
  by?: Dimension[];
  /** When the period begins. The time of the reservation counts. */
  since?: string | Date;
  /** When the period ends. It is not included. */
  until?: string | Date;
  /** Only the calls of this app of charge_to. */
  app?: string;
  /** Only the calls of this agent of charge_to. */
  agent?: string;
  /** Only the calls of this user of charge_to. */
  user?: string;
  /** Only the calls of this run of charge_to. */
  run?: string;
}

/** A message of a conversation, as the API has it. */
export type Message = { role: string; content?: unknown } & Record<string, unknown>;

/**
 * What a chat takes beside its messages. All other members are sent as members of the body, such as
 * max_tokens or temperature.
 */
export interface ChatOptions {
  model?: string;
  /** The agent that the call is of: what the call leaves out comes from its profile. */
  agent?: string;
  route?: RouteGiven;
  charge_to?: ChargeToGiven;
  headers?: Record<string, string>;
  request_id?: string;
  defaults?: Defaults[];
  /** The whole body as JSON text, in place of messages and all members of the body. */
  body_json?: string;
  /** Cancels the call. The promise is then rejected with the reason of the signal. */
  signal?: AbortSignal;
  [member: string]: unknown;
}

/** What to store with a message in your own database: Reply.metadata. */
export interface Metadata {
  v: number;
  entry: string | null;
  request_id: string | null;
  generation_id: string | null;
  model: string | null;
  provider: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  cost: Dollars | null;
  currency: 'USD';
  cost_source: CostSource;
  is_byok: boolean | null;
  upstream_cost: Dollars | null;
  finish_reason: string | null;
  requested_model: string | null;
  first_delta_us: number | null;
  total_us: number | null;
  agent_version: number | null;
}

/** A piece of an answer. */
export type Event =
  | { type: 'text' | 'reasoning' | 'refusal'; text: string }
  | { type: 'tool'; tool_call: ToolPiece }
  | { type: 'usage'; usage: Usage; cost: Dollars | null };

/** An answer in pieces. It is read as fast as the program asks for the pieces. */
export interface Stream extends AsyncIterableIterator<Event> {
  /** The pieces of the text alone. */
  text(): AsyncGenerator<string>;
  /** The whole answer, with its usage and cost. Waits for the end. Rejects if the call failed. */
  reply(): Promise<Reply>;
  /** The reply as far as it came, once the stream has ended, also by an abort. Else null. */
  readonly partial: Reply | null;
  /** Ends the call early. The ledger books what came of it. */
  cancel(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Watch extends AsyncIterableIterator<Notice> {}

export interface RunOptions {
  signal?: AbortSignal;
}

/**
 * Makes calls and keeps the ledger in which they are booked. The constructor only
 * checks the options. The first call opens the ledger, starts the threads and uses the
 * network. A call that is waited for keeps the process alive.
 */
export class Client {
  constructor(options?: Options);
  /** Sends a chat completion and gives the whole answer. */
  chat(messages: string | Message[] | null, options?: ChatOptions): Promise<Reply>;
  /** Sends a chat completion and gives the answer in pieces. */
  stream(messages: string | Message[] | null, options?: ChatOptions): Stream;
  /** Tells which models a chat with the same arguments would try, and why. */
  select(messages: string | Message[] | null, options?: ChatOptions): Promise<Selection>;
  /** Gives the notices of what happens to the calls of this or of every client. */
  watch(options?: { of?: WatchOf }): Watch;
  /** Runs an operation by its name in operations.md. */
  run(op: string, args?: object, options?: RunOptions): Promise<any>;
  /**
   * Lists the models that a request can name, with their prices. The server's list is stored on the
   * disk and shared by all processes of the machine. It is fetched when it is first needed, and
   * again in the background when it is no longer fresh. While the server cannot be reached, the
   * stored list is used. If no list was ever fetched, the operation waits for the network, at most
   * 10 seconds. After that it uses a built-in list of five models.
   */
  models(args?: ModelsArgs, options?: RunOptions): Promise<ModelList>;
  /**
   * Sums the calls of all processes that share the ledger. The ledger keeps sums by day in UTC, so
   * the time for most reports does not depend on the number of calls. Some reports read the
   * entries, and do not count entries that were pruned: a report by hour, run, requested_model or
   * agent_version, a report in a time zone, and a report by user or tag together with dimensions
   * other than day, week, month, app and model.
   */
  usage(args?: UsageArgs, options?: RunOptions): Promise<UsageRow[]>;
  /**
   * Gives the entries of the ledger in the order in which their ends were booked. The entries
   * without an end follow. The filters choose entries that match all of them. A filter that is
   * given without a value is refused.
   */
  entries(args?: EntriesArgs): AsyncIterable<Entry>;
  /**
   * Makes or changes a budget. A change keeps the values that are left out. Gives the budget after
   * the change, or nothing if it was deleted. A new budget counts the costs and the holds that its
   * window already has. If any part of a scope is given, the given parts replace the whole scope.
   * One part, but not the tag, may be `*`: then each value of that part has a window of its own.
   */
  budget(args: BudgetArgs, options?: RunOptions): Promise<Budget | null>;
  /** Lists the budgets in their current windows, by name. */
  budgets(args?: BudgetsArgs, options?: RunOptions): Promise<Budget[]>;
  /**
   * Refuses all calls that match, with the error `blocked`. The block holds in every process from
   * now on.
   */
  block(args?: BlockArgs, options?: RunOptions): Promise<null>;
  /** Lifts the block that has exactly this scope. */
  unblock(args?: UnblockArgs, options?: RunOptions): Promise<null>;
  /** Lists the blocks. */
  blocks(args?: BlocksArgs, options?: RunOptions): Promise<Block[]>;
  /**
   * Accepts the wall clock after a jump. Until then hard budgets refuse calls with the error
   * `clock`.
   */
  clock(args: ClockArgs, options?: RunOptions): Promise<null>;
  /**
   * Looks up unknown costs. Asks the server about every attempt whose cost is not known, if it was
   * sent to this base URL with one of this client's keys. Books the costs that the server tells. An
   * attempt is given up if the server does not know it a day later, or if the server cannot be
   * asked about it. It is then charged at the bound that was held for it, or stays without a cost.
   * The lookups also run in the background from the first call on: 15 seconds, 1, 3, 10 and 60
   * minutes after the end of an attempt, then every hour.
   */
  reconcile(args?: ReconcileArgs, options?: RunOptions): Promise<Reconciled>;
  /**
   * Checks the ledger: SQLite's own integrity check; no attempt has ended twice; the sums by day,
   * user and tag equal those of the entries; every window of a budget exists and equals the sums of
   * its holds and costs; no hard limit is exceeded, except by `excess` and by an override. Pruned
   * entries are not checked. It reads a snapshot of all entries and delays no call, but other
   * reports of this process wait for it.
   */
  verify(args?: VerifyArgs, options?: RunOptions): Promise<Verification>;
  /**
   * Repairs what `verify` finds in sums and budgets: makes the sums by day and the windows of
   * budgets again from the entries, makes the indexes again, and drops the triggers of other
   * programs. Entries stay as they are. Days whose entries were pruned keep their sums. Gives what
   * `verify` finds afterwards. It reads all entries in one transaction, so all calls of the ledger
   * wait meanwhile.
   */
  mend(args?: MendArgs, options?: RunOptions): Promise<Verification>;
  /**
   * Copies a snapshot of the ledger while others write to the ledger. The copy is a private file
   * (0600). It is synced and then renamed to its path in one step. It replaces an earlier copy, but
   * no other file and no ledger in use. The copy is itself a ledger, with the same `uuid`. When it
   * is opened, its attempts without an end become unknown. Only one backup of a ledger runs at a
   * time.
   */
  backup(args: BackupArgs, options?: RunOptions): Promise<null>;
  /**
   * Deletes the entries that were booked before a time, and the windows of budgets that ended
   * before it. It works in small steps, and other writers go on between them. The sums by day stay:
   * only the `usage` reports that read the entries change. The newest entry stays, and every entry
   * whose cost is still looked up. The next prune continues a prune that was interrupted. The file
   * does not shrink, but its pages are used again.
   */
  prune(args: PruneArgs, options?: RunOptions): Promise<Pruned>;
  /**
   * Lists the attempts that have ended and whose cost or upstream cost is not known, the oldest
   * first. Budgets hold an amount for each until its cost is known.
   */
  unknown(args?: UnknownArgs): AsyncIterable<Unknown>;
  /**
   * Books a cost that a person has found out, such as from the server's bill. The attempt must be
   * one that the operation unknown lists. An `unknown` attempt ends as settled. An attempt that was
   * booked without a cost gets a correction. Budgets then count the cost and no longer hold the
   * bound. The entry has the cost_source `manual`.
   */
  settle(args: SettleArgs, options?: RunOptions): Promise<null>;
  /**
   * Adds an amount to the limit of a budget until a time, in each window of the budget that is open
   * meanwhile. Several overrides add up. An amount of 0 ends all overrides of the budget now. What
   * was spent above the limit stays spent. So after the end calls are refused, until the window
   * ends or the limit is raised. Gives the budget with its override.
   */
  override(args: OverrideArgs, options?: RunOptions): Promise<Budget>;
  /**
   * Lists the shares of limits that windows of budgets have spent, in the order in which they were
   * recorded. A window records each share once, whichever process spends it. What a window has
   * recorded goes when the window goes: by `prune`, or when the scope, the period or `byok` of the
   * budget changes.
   */
  crossings(args?: CrossingsArgs, options?: RunOptions): Promise<Crossing[]>;
  /**
   * Gives the versions of wayfare and of the libraries that it uses. Touches neither the disk nor
   * the network.
   */
  versions(args?: VersionsArgs, options?: RunOptions): Promise<Versions>;
  /**
   * Lists five well-known models with their prices, as a first choice for a new agent. A model that
   * is gone, or that has a last day, names the most similar model that stays. Waits for the models
   * list as the operation models does.
   */
  defaultModels(args?: DefaultModelsArgs, options?: RunOptions): Promise<DefaultModel[]>;
  /**
   * Asks the server about a key: its limits, what it has used, and when it ends. The figures lag by
   * minutes behind the calls. Only for OpenRouter.
   */
  keyInfo(args?: KeyInfoArgs, options?: RunOptions): Promise<KeyInfo>;
  /**
   * Creates an agent, and its budget in the same transaction. A ledger has at most 100000 agents. A
   * name that is taken is refused with `conflict`, also if its agent is archived.
   */
  createAgent(args: CreateAgentArgs, options?: RunOptions): Promise<Agent>;
  /**
   * Makes the next version of an agent, and changes its budget in the same transaction. It takes
   * effect at the next call in every process. An edit of an older version is refused with
   * `conflict`: so nobody overwrites an edit that they have not seen. An edit that changes nothing
   * makes no version. A part that is given replaces the whole part. An empty text, list or object,
   * and a max_tokens of 0, takes the part away.
   */
  editAgent(args: EditAgentArgs, options?: RunOptions): Promise<Agent>;
  /** Gives an agent. One that is not there is refused with `no_agent`. */
  agent(args: AgentArgs, options?: RunOptions): Promise<Agent>;
  /**
   * Lists the agents, in the order of their names. The filters choose agents that match all of
   * them. A filter that is given without a value is refused.
   */
  agents(args?: AgentsArgs): AsyncIterable<Agent>;
  /** Lists the versions of an agent, the newest first. */
  agentHistory(args: AgentHistoryArgs): AsyncIterable<Agent>;
  /**
   * Makes a version of the agent that takes no calls. Its name stays taken, its history and its
   * entries stay, and its budget goes on to count calls that are charged to its name.
   */
  archiveAgent(args: ArchiveAgentArgs, options?: RunOptions): Promise<Agent>;
  /** Makes a version of an archived agent that takes calls again. */
  restoreAgent(args: RestoreAgentArgs, options?: RunOptions): Promise<Agent>;
  /**
   * Gives the newest version of every agent, archived ones included, with its system prompt. The
   * operation import_agents takes them. The text of a system_file is not exported, but its path.
   */
  exportAgents(args?: ExportAgentsArgs): AsyncIterable<Agent>;
  /**
   * Creates agents, or changes them, in one transaction: all of them or none. A new agent begins
   * with version 1, since versions count the changes in one ledger.
   */
  importAgents(args: ImportAgentsArgs, options?: RunOptions): Promise<Imported>;
  /** Tells about an attempt what the ledger knows, and the profile of its agent as it was. */
  explain(args: ExplainArgs, options?: RunOptions): Promise<Explanation>;
  /**
   * Lists the providers of a model with their prices, limits and speeds. Only with OpenRouter. The
   * list is stored on the disk and shared by all processes of the machine, and fetched again when
   * it is no longer fresh. Speeds are told only if the client has a key.
   */
  endpoints(args: EndpointsArgs, options?: RunOptions): Promise<EndpointList>;
  /**
   * Tells what past calls would have cost: with another model, with a mapping of models, with the
   * cheapest model of a policy, or with the same models at the prices of a models list. It prices
   * the tokens of the entries. It reads the settled entries of the ledger, and so not those that
   * were pruned. The ledger has no counts of audio, images and searches. Cached tokens have the
   * price for cached tokens, or else that of the prompt. It sends nothing to a model.
   */
  replay(args?: ReplayArgs, options?: RunOptions): Promise<Replayed>;
  /**
   * Lists the models and providers that cool down, by model. A model cools down in all processes of
   * the ledger: at once if its answer tells by Retry-After how long to wait, at most an hour; else
   * after 3 failures of the model or its provider in a row within 60 seconds, for 30 seconds. Then
   * one attempt of any process tries the model. If it succeeds, the cool-down ends. If it fails,
   * the time doubles, to 10 minutes at most. Mistakes of the caller and failures of this machine's
   * network do not count. At OpenRouter, a provider of the model cools down by the same rules, in
   * place of the model, if the server named it as the one that failed, if the list of the model's
   * providers is known (see the operation endpoints), and if another one is left. Calls then keep
   * the model, and the provider stands in the `provider.ignore` of their bodies. A call that
   * chooses providers itself is not changed, and its failures count for the model.
   */
  cooldowns(args?: CooldownsArgs, options?: RunOptions): Promise<Cooldown[]>;
  /**
   * Ends the cool-downs of a model and of its providers at once, in all processes of the ledger.
   */
  endCooldown(args: EndCooldownArgs, options?: RunOptions): Promise<null>;
  /**
   * Makes or changes a rate limit: the most requests and tokens that calls of all processes of the
   * ledger may send within any such time. Each attempt counts: retries and fallbacks too. Tokens
   * count when the attempt is reserved, as a quarter of the bytes of the prompt and the most tokens
   * that the answer may have, else 512. The tokens that the server tells take their place. What
   * counts leaves the limit at most a sixtieth of the time late. A change keeps the values that are
   * left out. If any part of a scope is given, the given parts replace the whole scope, and all
   * counts begin anew. One part, but not the tag, may be `*`: then each value of that part has a
   * limit of its own, and so have the calls without a value. Gives the rate limit after the change,
   * or nothing if it was deleted.
   */
  rateLimit(args: RateLimitArgs, options?: RunOptions): Promise<RateLimit | null>;
  /** Lists the rate limits with what counts in them now, by name. */
  rateLimits(args?: RateLimitsArgs, options?: RunOptions): Promise<RateLimit[]>;
  /**
   * Tells how fast models have answered and how often they failed, for all processes of the ledger:
   * one row for each model and provider, the most used first. It reads the newest 20,000 entries at
   * most.
   */
  performance(args?: PerformanceArgs, options?: RunOptions): Promise<PerformanceRow[]>;
  /**
   * Tells which share of the prompt tokens came from caches of the providers, how often the calls
   * of a run went to another model or provider, and what that cost. It reads the settled entries of
   * the ledger, and so not those that were pruned. The first attempt of a run in the period is no
   * hop. It sends nothing to a model.
   */
  caching(args?: CachingArgs, options?: RunOptions): Promise<Caching>;
  /** Cancels the running calls, books them and ends the threads in 8 s at most. */
  close(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
