// fetch of Node: nothing that knows the API.
import { BASE_URL, Collector, serve, whole } from "./lines.mjs";

class Refused extends Error {
  constructor(status, answer) {
    super(answer.error.message);
    this.status = status;
  }
}

async function streamed(answer) {
  const collector = new Collector();
  let rest = "";
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const data = line.startsWith("data:") ? line.slice("data:".length).trim() : "";
      // It asks for no [DONE], as most programs do not.
      if (data && data !== "[DONE]") collector.add(JSON.parse(data));
    }
  }
  return collector.told();
}

await serve(async (body, key) => {
  const answer = await fetch(`${BASE_URL}/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Refused(answer.status, await answer.json());
  return body.stream ? streamed(answer) : whole(await answer.json());
});
