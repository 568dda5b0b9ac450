/**
 * A provider that speaks OpenAI's protocol, and knows what each message to a hotel is about. It counts its calls.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Label } from './hotel-messages.ts';

const asked = z.looseObject({
  model: z.string(),
  messages: z.tuple([
    z.object({ role: z.literal('system'), content: z.string() }),
    z.object({ role: z.literal('user'), content: z.string() }),
  ]),
  response_format: z.object({ type: z.literal('json_object') }).optional(),
});

export interface HotelModel {
  readonly baseUrl: string;
  /** The messages that it has classified, and the intents that it has written replies to. */
  readonly classified: string[];
  readonly replied: string[];
  /** Bodies of all calls. */
  readonly bodies: string[];
}

/** @param labels what each message is about */
export async function hotelModel(labels: ReadonlyMap<string, Label>): Promise<HotelModel> {
  const [classified, replied, bodies]: [string[], string[], string[]] = [[], [], []];

  function answer(body: string): string {
    const { messages, response_format: format } = asked.parse(JSON.parse(body));
    const [{ content: instruction }, { content }] = messages;
    if (format === undefined) {
      replied.push(content);
      return `${content} ${/\{.*\}/.exec(instruction)?.[0]} ${/language (\w\w)/.exec(instruction)?.[1]}`;
    }
    classified.push(content);
    const { intent, language } = labels.get(content) ?? { intent: 'unknown', language: 'unknown' };
    return JSON.stringify({ intent, language });
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    bodies.push(body);
    const text = answer(body);
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        id: `chatcmpl-${bodies.length}`,
        object: 'chat.completion',
        model: 'gpt-4o-mini-2024-07-18',
        choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: Math.ceil(body.length / 4),
          completion_tokens: Math.ceil(text.length / 4),
          total_tokens: 0,
        },
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const { port }: Pick<AddressInfo, 'port'> =
    typeof address === 'object' && address !== null ? address : { port: 0 };
  return { baseUrl: `http://127.0.0.1:${port}/v1`, classified, replied, bodies };
}
