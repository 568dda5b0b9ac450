/**
 * Ollama's `POST /api/chat` as a protocol: newline-delimited JSON that streams unless the request says
 * `"stream": false`. `test/own-protocol.test.ts` runs the contract of protocols on it.
 */
import { AskonceError, type Recording } from 'askonce';
import { type Assessment, jsonLines, type Protocol } from 'askonce/protocol';
import { z } from 'zod';

const answerSchema = z.looseObject({
  model: z.string(),
  message: z.looseObject({ role: z.string(), content: z.string() }),
  done: z.boolean(),
  done_reason: z.string().optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
});

type Answer = z.output<typeof answerSchema>;

const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  stream: z.boolean().optional(),
  options: z.looseObject({ num_predict: z.number().optional() }).optional(),
});

/** The answer as its body form says it, or why there is none. */
function answerIn(recording: Recording): Answer | 'failed' | 'incomplete' | 'unreadable' {
  const texts =
    recording.events === undefined
      ? [Buffer.from(recording.body).toString('utf8')]
      : jsonLines.read(recording).map(({ data = '' }) => data);
  let answer: Answer | undefined;
  for (const text of texts) {
    const value = parsed(text);
    if (isError(value)) return 'failed';
    const { success, data } = answerSchema.safeParse(value);
    if (!success) return recording.events === undefined ? 'unreadable' : 'incomplete';
    const { message } = data;
    const content = (answer?.message.content ?? '') + message.content;
    answer = { ...data, message: { ...message, content } };
  }
  const isWhole = recording.events === undefined || jsonLines.isWhole(recording);
  return answer?.done === true && isWhole ? answer : 'incomplete';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLast(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'done' in value && value.done === true;
}

function isError(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'error' in value;
}

function assess(recording: Recording): Assessment {
  const answer = answerIn(recording);
  if (typeof answer === 'string') return { finish: answer, finishReason: '', empty: true, toolCalls: 'none' };
  const { done_reason: reason = '', prompt_eval_count: input, eval_count: output } = answer;
  return {
    finish: reason === 'stop' ? 'natural' : reason === 'length' ? 'length' : 'unreadable',
    finishReason: reason,
    empty: answer.message.content.trim() === '',
    toolCalls: 'none',
    usage:
      input === undefined || output === undefined ? undefined : { inputTokens: input, outputTokens: output },
    model: answer.model,
  };
}

export const ollamaChat: Protocol = {
  name: 'ollama-chat',
  version: 1,
  headers: {},
  recordedHeaders: [],
  requiresCredential: false,
  requestIdHeader: 'x-request-id',
  framing: jsonLines,
  // From this line on the answer is complete, whatever the connection does.
  endMark: { hints: ['"done"'], isMark: ({ data = '' }) => isLast(parsed(data)) },
  fields: {
    model: { counts: 'elsewhere', as: 'subject' },
    stream: { counts: 'elsewhere', as: 'form' },
    keep_alive: { counts: 'ignored', because: 'how long the model stays loaded' },
  },
  schemaKeys: new Set(['parameters', 'format']),
  read(body) {
    const { success, data, error } = requestSchema.safeParse(body);
    if (!success) throw new AskonceError('invalid_request', z.prettifyError(error));
    return {
      subject: data.model,
      form: data.stream === false ? 'body' : 'stream',
      ceiling: data.options?.num_predict,
    };
  },
  writeContent: (_field, value, _body, write) => write.value(value),
  assess,
  convert(recording, to) {
    if (recording.form === to) return recording;
    const answer = answerIn(recording);
    if (typeof answer === 'string' || (to !== 'body' && to !== 'stream')) return undefined;
    const text = JSON.stringify(answer);
    const type = to === 'body' ? 'application/json; charset=utf-8' : jsonLines.contentType;
    const converted = {
      form: to,
      status: recording.status,
      headers: { ...recording.headers, 'content-type': type },
    };
    return to === 'body'
      ? { ...converted, body: Buffer.from(text) }
      : { ...converted, ...jsonLines.join([jsonLines.write(text)]) };
  },
  readAnswer(recording) {
    const answer = answerIn(recording);
    return typeof answer === 'string' ? undefined : answer.message.content;
  },
  answerText: (answer) => (typeof answer === 'string' && answer.trim() !== '' ? answer.trim() : undefined),
  mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
  errorBody: ({ message }) => JSON.stringify({ error: message }),
  errorEvent: ({ message }, framing) => framing.write(JSON.stringify({ error: message })),
};
