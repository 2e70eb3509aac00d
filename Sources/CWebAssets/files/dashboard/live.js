// Live events over fetch: EventSource could not bring the token.
import { liveEvents } from "./server.js";

/** Calls `told(name, data)` for each event until the signal ends (it throws then) or the stream does; `opened()` before. */
export async function listen(parameters, signal, opened, told) {
  const answer = await liveEvents(parameters, signal);
  opened();
  const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await pieces.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) tell(block, told);
  }
}

/** One block of the stream; comments have no data. */
function tell(block, told) {
  const field = (name) => block.split("\n").find((line) => line.startsWith(name + ": "))?.slice(name.length + 2);
  const data = field("data");
  if (data !== undefined) told(field("event") ?? "message", JSON.parse(data));
}
