/**
 * What the gateways of the hour call: a provider that answers each question by its meaning, and a model that verifies and
 * judges by the meanings, and is wrong about one pair in fifty.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { answerOf, completionOf } from './answers.ts';

export interface Services {
  /** Origin of both. */
  readonly url: string;
  /** Verdicts on audited pairs so far, by the meaning of the question. */
  readonly judged: ReadonlyMap<string, number>;
  /** Verdicts in the band and on vetoes so far, by the meaning of the question. */
  readonly verified: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Share of pairs about which the model is wrong: always the same ones. */
const noise = 0.02;

const messages = z.array(z.object({ role: z.string(), content: z.string() }));
const chatSchema = z.object({ messages });
const judgingSchema = z.object({ question: z.string(), answer_a: z.string(), answer_b: z.string() });
const verifyingSchema = z.object({
  new_question: z.string(),
  earlier_question: z.string(),
  earlier_answer: z.string(),
});

/** @param meaningOf the meaning of a question. */
export async function startServices(meaningOf: (text: string) => string | undefined): Promise<Services> {
  const judged = new Map<string, number>();
  const verified = new Map<string, number>();
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = chatSchema.parse(JSON.parse(await textOf(request)));
    const asked = body.messages.at(-1)?.content ?? '';
    const content = request.url?.startsWith('/judge/') ? verdict(asked) : answerOf(knownMeaning(asked));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completionOf(content));
  }

  function knownMeaning(text: string): string {
    return meaningOf(text) ?? 'something else';
  }

  function verdict(asked: string): string {
    const texts: unknown = JSON.parse(asked);
    const judging = judgingSchema.safeParse(texts);
    if (judging.success) {
      const { question, answer_a: one, answer_b: other } = judging.data;
      count(judged, knownMeaning(question));
      return yesOrNo(one === other, [one, other, question]);
    }
    const {
      new_question: question,
      earlier_question: earlier,
      earlier_answer: answer,
    } = verifyingSchema.parse(texts);
    const meaning = knownMeaning(question);
    count(verified, meaning);
    return yesOrNo(answer === answerOf(meaning), [question, earlier]);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    judged,
    verified,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function yesOrNo(truth: boolean, pair: readonly string[]): string {
  const drawn = Number.parseInt(hash('sha256', pair.join('\n')).slice(0, 8), 16) / 2 ** 32;
  return truth === drawn >= noise ? 'yes' : 'no';
}

function count(counts: Map<string, number>, meaning: string): void {
  counts.set(meaning, (counts.get(meaning) ?? 0) + 1);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
