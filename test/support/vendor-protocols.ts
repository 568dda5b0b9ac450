/**
 * Protocols of vendors that do not exist, each of which speaks in a way that no built-in protocol does. All of them
 * say the same: pieces of text, then why generation ended and what it used.
 */
import type { Recording } from 'askonce';
import { AskonceError } from 'askonce';
import {
  type Assessment,
  type Framing,
  jsonArray,
  jsonLines,
  multipartBody,
  type Protocol,
  type Reading,
  serverSentEvents,
  socketMessages,
} from 'askonce/protocol';

interface Said {
  readonly text: string;
  readonly reason: string;
  readonly usage: { readonly input: number; readonly output: number };
}

type Heard = Said | 'failed' | 'incomplete' | 'unreadable';

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function endOf(value: Readonly<Record<string, unknown>>, text: string): Said | undefined {
  const { reason, usage } = value;
  if (typeof reason !== 'string' || !isRecord(usage)) return undefined;
  return { text, reason, usage: { input: Number(usage['input']), output: Number(usage['output']) } };
}

function heardIn(recording: Recording, framings: readonly Framing[]): Heard {
  if (recording.events === undefined) {
    const body = parsed(Buffer.from(recording.body).toString());
    if (!isRecord(body)) return 'unreadable';
    if ('error' in body) return 'failed';
    return endOf(body, String(body['text'])) ?? 'unreadable';
  }
  const framing = framings.find((one) => one.isStream(recording, recording.form));
  if (framing === undefined) return 'unreadable';
  let text = '';
  let end: Said | undefined;
  for (const { data } of framing.read(recording)) {
    const event = parsed(data ?? '');
    if (!isRecord(event)) return 'unreadable';
    if ('error' in event) return 'failed';
    if (typeof event['text'] === 'string') text += event['text'];
    else end = endOf(event, text);
  }
  return end !== undefined && framing.isWhole(recording) ? end : 'incomplete';
}

function assessment(heard: Heard): Assessment {
  if (typeof heard === 'string') return { finish: heard, finishReason: '', empty: true, toolCalls: 'none' };
  const { text, reason, usage } = heard;
  return {
    finish: reason === 'stop' ? 'natural' : 'length',
    finishReason: reason,
    empty: text === '',
    toolCalls: 'none',
    usage: { inputTokens: usage.input, outputTokens: usage.output },
  };
}

/** The events of an answer, as JSON. */
export function eventsOf(texts: readonly string[], reason = 'stop'): readonly string[] {
  const end = { reason, usage: { input: 3, output: texts.length } };
  return [...texts.map((text) => ({ text })), end].map((event) => JSON.stringify(event));
}

export function bodyOf(texts: readonly string[]): string {
  return JSON.stringify({ text: texts.join(''), reason: 'stop', usage: { input: 3, output: texts.length } });
}

interface VendorOptions {
  readonly name: string;
  /** The first one is the protocol's own. */
  readonly framings: readonly [Framing, ...Framing[]];
  readonly read: Protocol['read'];
  readonly more?: Partial<Protocol>;
}

function vendor({ name, framings, read, more }: VendorOptions): Protocol {
  const [framing] = framings;
  return {
    name,
    version: 1,
    headers: {},
    recordedHeaders: [],
    requiresCredential: true,
    requestIdHeader: 'x-request-id',
    framing,
    fields: {
      stream: { counts: 'elsewhere', as: 'form' },
      prompt: { counts: 'content' },
    },
    schemaKeys: new Set(),
    read,
    writeContent: (_field, value, _body, write) =>
      typeof value === 'string' ? write.semanticText(value) : write.value(value),
    assess: (recording) => assessment(heardIn(recording, framings)),
    convert(recording, to) {
      if (recording.form === to) return recording;
      const heard = heardIn(recording, framings);
      if (typeof heard === 'string' || (to !== 'body' && to !== 'stream')) return undefined;
      const { text, reason, usage } = heard;
      if (to === 'body') {
        const headers = { ...recording.headers, 'content-type': 'application/json' };
        const body = Buffer.from(JSON.stringify({ text, reason, usage }));
        return { form: to, status: recording.status, headers, body };
      }
      const events = [{ text }, { reason, usage }].map((event) => framing.write(JSON.stringify(event)));
      const headers = { ...recording.headers, 'content-type': framing.contentType };
      return { form: to, status: recording.status, headers, ...framing.join(events) };
    },
    readAnswer(recording) {
      const heard = heardIn(recording, framings);
      return typeof heard === 'string' ? undefined : { text: heard.text };
    },
    mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
    errorBody: ({ code, message }) => JSON.stringify({ error: `${code}: ${message}` }),
    errorEvent: ({ code, message }, spoken) => spoken.write(JSON.stringify({ error: `${code}: ${message}` })),
    ...more,
  };
}

function inPath(route: string, pattern: RegExp): readonly string[] {
  const match = pattern.exec(route);
  if (match === null) throw new AskonceError('invalid_request', 'route: expected one that names the model');
  return match.slice(1);
}

/** Streams newline-delimited JSON unless the request says otherwise, and has the model in the path. */
export const linesVendor = vendor({
  name: 'lines',
  framings: [jsonLines],
  read(body, { route }): Reading {
    const [model = ''] = inPath(route, /^\/models\/([^/]+)\/chat$/);
    return { subject: model, form: body['stream'] === false ? 'body' : 'stream', route: '/models/chat' };
  },
});

/** Model and form in the path: a stream is a JSON array, or server-sent events where the query says `alt=sse`. */
const arrayVendor = vendor({
  name: 'array',
  framings: [jsonArray, serverSentEvents],
  read(_body, { route, query }): Reading {
    const [model = '', call] = inPath(route, /^\/models\/([^/:]+):(say|streamSay)$/);
    const parameters = new URLSearchParams(query);
    const framing = parameters.get('alt') === 'sse' && call === 'streamSay' ? serverSentEvents : undefined;
    parameters.delete('alt');
    return {
      subject: model,
      form: call === 'streamSay' ? 'stream' : 'body',
      route: '/models:say',
      query: parameters.toString(),
      framing,
    };
  },
});

/** Answers over a socket, one message an event. */
const socketVendor = vendor({
  name: 'socket',
  framings: [socketMessages],
  read: (body) => ({ subject: String(body['model']), form: 'stream' }),
});

/** Transcribes an uploaded file: the body is a form. */
const uploadVendor = vendor({
  name: 'upload',
  framings: [serverSentEvents],
  read: (body) => ({ subject: String(body['model']), form: body['stream'] === 'true' ? 'stream' : 'body' }),
  more: {
    bodies: [multipartBody],
    fields: {
      model: { counts: 'elsewhere', as: 'subject' },
      stream: { counts: 'elsewhere', as: 'form' },
      file: { counts: 'content' },
    },
    // What a recording is called does not change what is heard in it.
    writeContent: (_field, value, _body, write) =>
      isRecord(value) ? write.object({ ...value, filename: '' }, {}) : write.value(value),
  },
});

export const vendors = {
  lines: linesVendor,
  array: arrayVendor,
  socket: socketVendor,
  upload: uploadVendor,
} as const satisfies Readonly<Record<string, Protocol>>;
