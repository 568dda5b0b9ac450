/**
 * Assembles the message of a recorded answer, body or stream, as the official client does, but strictly: if that
 * client would throw, or would miss that something is absent, there is no message.
 */
import { isStream, type Recording } from '../../entry/entry.ts';
import { readEvents } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { endsAfterEvent } from '../framing.ts';
import { recordedText, unparsedKind } from '../recorded-json.ts';
import { OpenBlock, OutOfOrder } from './block.ts';

export type MessageReading =
  | {
      readonly kind: 'message';
      readonly message: JsonObject;
      /** False if the stream could be read in another way, or has something that `message` cannot express. */
      readonly whole: boolean;
    }
  | {
      readonly kind: 'failed' | 'incomplete' | 'unreadable';
      /** The message of a stream that lacks nothing but its `message_stop`. */
      readonly unmarked?: JsonObject | undefined;
    };

export function readMessage(recording: Recording): MessageReading {
  return isStream(recording.form) ? readStream(recording) : readBody(recording);
}

function readBody(recording: Recording): MessageReading {
  const text = recordedText(recording);
  const message = tryParseJson(text);
  if (message === undefined) return { kind: unparsedKind(text) };
  if (!isJsonObject(message)) return { kind: 'unreadable' };
  if (message['type'] === 'error' || (isJsonObject(message['error']) && message['type'] !== 'message'))
    return { kind: 'failed' };
  return isMessage(message) ? { kind: 'message', message, whole: true } : { kind: 'unreadable' };
}

function isMessage(value: JsonObject): boolean {
  return value['type'] === 'message' && isJsonArray(value['content']);
}

function readStream(recording: Recording): MessageReading {
  const assembly = new Assembly();
  try {
    for (const { type, data } of readEvents(recording)) {
      if (data === undefined || data.trim() === '') continue;
      const event = tryParseJson(data);
      if (!isJsonObject(event)) return { kind: type === 'error' ? 'failed' : 'unreadable' };
      if (type === 'error' || event['type'] === 'error') return { kind: 'failed' };
      if (type !== undefined && event['type'] !== undefined && type !== event['type'])
        return { kind: 'unreadable' };
      assembly.add(event);
    }
  } catch (error) {
    if (error instanceof OutOfOrder) return { kind: 'unreadable' };
    throw error;
  }
  const message = endsAfterEvent(recording) ? assembly.finish() : undefined;
  if (message === undefined) return { kind: 'incomplete' };
  if (!assembly.isStopped) return { kind: 'incomplete', unmarked: message };
  return { kind: 'message', message, whole: assembly.whole };
}

/** Fields of events that are no part of the message: padding, and Bedrock's measurements. */
const besides: ReadonlySet<string> = new Set(['type', 'p', 'amazon-bedrock-invocationMetrics']);

class Assembly {
  whole = true;
  #message: JsonObject | undefined;
  readonly #blocks: JsonValue[] = [];
  #open: OpenBlock | undefined;
  #stopped = false;

  add(event: JsonObject): void {
    switch (event['type']) {
      case 'ping':
        return;
      case 'message_start':
        this.#expect(event, 'message');
        this.#start(event['message']);
        return;
      case 'content_block_start':
        this.#expect(event, 'index', 'content_block');
        this.#openBlock(event);
        return;
      case 'content_block_delta':
        this.#expect(event, 'index', 'delta');
        this.#addDelta(event);
        return;
      case 'content_block_stop':
        this.#expect(event, 'index');
        this.#closeBlock(event);
        return;
      case 'message_delta':
        this.#mergeDelta(event);
        return;
      case 'message_stop':
        this.#expect(event);
        this.#running();
        this.#stopped = true;
        return;
      default:
        // Clients skip events that the API has added since.
        this.whole = false;
        return;
    }
  }

  /** An event with other fields says something that the message would lose. */
  #expect(event: JsonObject, ...names: readonly string[]): void {
    if (!Object.keys(event).every((name) => besides.has(name) || names.includes(name))) this.whole = false;
  }

  /** Whether the stream has reached its `message_stop`. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** The message so far; undefined before its start and within a block. */
  finish(): JsonObject | undefined {
    if (this.#message === undefined || this.#open !== undefined) return undefined;
    return { ...this.#message, content: this.#blocks };
  }

  #running(): JsonObject {
    if (this.#message === undefined || this.#stopped) throw new OutOfOrder();
    return this.#message;
  }

  #start(message: JsonValue | undefined): void {
    if (this.#message !== undefined || !isJsonObject(message) || !isMessage(message)) throw new OutOfOrder();
    this.#message = message;
    // A continued turn may start with blocks.
    if (isJsonArray(message['content'])) this.#blocks.push(...message['content']);
  }

  #openBlock({ index, content_block: start }: JsonObject): void {
    this.#running();
    if (this.#open !== undefined || index !== this.#blocks.length || !isJsonObject(start))
      throw new OutOfOrder();
    this.#open = new OpenBlock(start);
  }

  #addDelta({ index, delta }: JsonObject): void {
    this.#running();
    if (this.#open === undefined || index !== this.#blocks.length || !isJsonObject(delta))
      throw new OutOfOrder();
    if (!this.#open.add(delta)) this.whole = false;
  }

  #closeBlock({ index }: JsonObject): void {
    this.#running();
    if (this.#open === undefined || index !== this.#blocks.length) throw new OutOfOrder();
    this.#blocks.push(this.#open.close());
    this.#open = undefined;
  }

  /** Counters are totals of the whole message, so later ones replace earlier ones; null or absent means not applicable. */
  #mergeDelta(event: JsonObject): void {
    const message = this.#running();
    const { type: _type, delta, usage, ...rest } = event;
    const merged: Record<string, JsonValue | undefined> = { ...message };
    for (const [name, value] of Object.entries({ ...(isJsonObject(delta) ? delta : {}), ...rest })) {
      if (besides.has(name)) continue;
      const before = merged[name] ?? null;
      if (before !== null && value !== null && JSON.stringify(before) !== JSON.stringify(value))
        this.whole = false;
      if (value !== null || name.startsWith('stop_') || merged[name] === undefined) merged[name] = value;
    }
    if (isJsonObject(usage)) {
      const counters: Record<string, JsonValue | undefined> = {
        ...(isJsonObject(message['usage']) ? message['usage'] : {}),
      };
      for (const [name, value] of Object.entries(usage)) {
        if (value !== null || counters[name] === undefined) counters[name] = value;
      }
      merged['usage'] = counters;
    }
    this.#message = merged;
  }
}
