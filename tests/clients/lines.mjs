// The side of a client's program: lines.py tells what the lines are.
import { createInterface } from "node:readline";

export const BASE_URL = process.env.OPENROUTER_BASE_URL;

export function usage(told) {
  if (!told) return null;
  const cost = told.cost === undefined || told.cost === null ? null : String(told.cost);
  return { prompt_tokens: told.prompt_tokens, completion_tokens: told.completion_tokens, cost };
}

export function whole(answer) {
  const message = answer.choices[0].message;
  const called = message.tool_calls?.[0]?.function;
  const tool = called && { name: called.name, arguments: JSON.parse(called.arguments) };
  return { text: message.content, tool: tool ?? null, usage: usage(answer.usage) };
}

// Takes the chunks of a stream one by one.
export class Collector {
  pieces = [];
  usage = null;

  add(chunk) {
    for (const choice of chunk.choices) {
      if (choice.delta.content) this.pieces.push(choice.delta.content);
    }
    this.usage = chunk.usage ?? this.usage;
  }

  told() {
    return { text: this.pieces.join(""), pieces: this.pieces, usage: usage(this.usage) };
  }
}

// Runs call(body, key) for each request.
export async function serve(call) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { key = process.env.OPENROUTER_API_KEY, ...body } = JSON.parse(line);
    let told;
    try {
      told = await call(body, key);
    } catch (error) {
      const kind = error.constructor.name;
      told = { error: { kind, status: error.status ?? null, message: error.message } };
    }
    console.log(JSON.stringify(told));
  }
}
