// The npm package openai: OpenAI's own client. It is installed in the current folder.
import { createRequire } from "node:module";
import { BASE_URL, Collector, serve, whole } from "./lines.mjs";

const { OpenAI } = createRequire(`${process.cwd()}/`)("openai");

await serve(async (body, key) => {
  const client = new OpenAI({ baseURL: BASE_URL, apiKey: key });
  const answer = await client.chat.completions.create(body);
  if (!body.stream) return whole(answer);
  const collector = new Collector();
  for await (const chunk of answer) collector.add(chunk);
  return collector.told();
});
