/** A stream for followers, with events as large as those of chat streams. */
import { setImmediate } from 'node:timers/promises';

const eventCount = 400;
const chunk = (content: string) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_770_000_000,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
  })}\n\n`;

const streamEvents: readonly Buffer[] = [
  ...Array.from({ length: eventCount }, (_, index) => Buffer.from(chunk(` word${index}`))),
  Buffer.from(
    `data: ${JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion.chunk',
      created: 1_770_000_000,
      model: 'gpt-4.1-mini-2025-04-14',
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
    })}\n\ndata: [DONE]\n\n`,
  ),
];

export const streamBytes = streamEvents.reduce((sum, event) => sum + event.length, 0);

/** Writes the events one by one, each in its own turn of the event loop. */
export async function writeStream(write: (event: Buffer) => void): Promise<void> {
  for (const event of streamEvents) {
    write(event);
    await setImmediate();
  }
}
