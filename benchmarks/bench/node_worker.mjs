// Each Node client doing the same: a plain call whose text is read, and a stream whose every delta
// is read. Speaks as the other workers do: a line of JSON when it is ready, and one for each round.
//
//   node node_worker.mjs CLIENT MODE base=… flight=… [ledger=…]
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [name, mode, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((one) => one.split(/=(.*)/s).slice(0, 2)));
const flight = Number(given.flight ?? 1);
const require = createRequire(`${given.folder}/`);
const model = 'openai/gpt-4o-mini';
const content = 'Tell me about the quick brown fox and the lazy dog. '.repeat(10).slice(0, 480);
const messages = [{ role: 'user', content }];

const clients = {
  wayfare() {
    const { Client } = require('wayfare');
    const client = new Client({ base_url: given.base, api_key: 'none', ledger: given.ledger });
    return {
      call: async () => (await client.chat(messages, { model })).text.length,
      async stream() {
        let size = 0;
        for await (const event of client.stream(messages, { model })) {
          size += event.text?.length ?? 0;
        }
        return size;
      },
    };
  },
  openai() {
    const { OpenAI } = require('openai');
    const { completions } = new OpenAI({ baseURL: given.base, apiKey: 'none' }).chat;
    return {
      async call() {
        const reply = await completions.create({ model, messages });
        return reply.choices[0].message.content.length;
      },
      async stream() {
        let size = 0;
        for await (const chunk of await completions.create({ model, messages, stream: true })) {
          size += chunk.choices[0]?.delta?.content?.length ?? 0;
        }
        return size;
      },
    };
  },
  async '@openrouter/sdk'() {
    const { OpenRouter } = await import(require.resolve('@openrouter/sdk'));
    const { chat } = new OpenRouter({ serverURL: given.base, apiKey: 'none' });
    const send = (stream) => chat.send({ chatRequest: { model, messages, stream } });
    return {
      call: async () => (await send(false)).choices[0].message.content.length,
      async stream() {
        let size = 0;
        for await (const chunk of await send(true)) {
          size += chunk.choices?.[0]?.delta?.content?.length ?? 0;
        }
        return size;
      },
    };
  },
};

const began = performance.now();
const client = await clients[name]();
const loaded = performance.now() - began;

async function round() {
  const count = mode === 'call' ? Number(given.calls ?? 1000) : Number(given.streams ?? 20);
  let left = count;
  let characters = 0;
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const one = async () => {
    while (left-- > 0) {
      const size = await client[mode](); // apart, since others add to the sum meanwhile
      characters += size;
    }
  };
  await Promise.all(Array.from({ length: Math.min(flight, count) }, one));
  const used = process.cpuUsage(cpu);
  if (characters < count * 100) throw new Error(`only ${characters} characters came`);
  return {
    cpu: (used.user + used.system) / count,
    wall: ((performance.now() - wall) * 1000) / count,
    mb: process.memoryUsage().rss / 2 ** 20,
    loaded,
    characters: characters / count,
  };
}

await round(); // warms up
console.log(JSON.stringify({ ready: process.version }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line) console.log(JSON.stringify(await round()));
}
process.exit(0);
