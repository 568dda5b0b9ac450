import type { Recording } from 'askonce';
import { jsonLines } from 'askonce/protocol';
import { describeProtocolContract } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { ollamaChat } from '../examples/own-protocol/ollama.ts';

const said = (content: string) => ({
  model: 'llama3.2',
  message: { role: 'assistant', content },
  done: false,
});
const end = { done: true, done_reason: 'stop', prompt_eval_count: 14, eval_count: 5 };
const events = [said('Take the '), said('early train.'), { ...said(''), ...end }];

const stream: Recording = {
  form: 'stream',
  status: 200,
  headers: { 'content-type': jsonLines.contentType },
  ...jsonLines.join(events.map((event) => jsonLines.write(JSON.stringify(event)))),
};
const body: Recording = {
  form: 'body',
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: Buffer.from(JSON.stringify({ ...said('Take the early train.'), ...end })),
};

describeProtocolContract({
  protocol: ollamaChat,
  runner: { describe, it, expect },
  questions: [
    {
      title: 'chat',
      body: { model: 'llama3.2', messages: [{ role: 'user', content: 'How do I get to Lyon?' }] },
      answers: [stream, body],
    },
  ],
});
