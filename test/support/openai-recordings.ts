/**
 * Recorded answers in OpenAI's chat, completions and embeddings protocols, and what OpenAI's own client reads
 * of them.
 */
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources';
import { type Form, isStream, type Recording } from '../../packages/askonce/src/entry/entry.ts';
import { readEvents, streamOf, writeEvent } from '../../packages/askonce/src/entry/sse.ts';
import { recordings } from '../../packages/askonce/src/testing/recordings.ts';
import { bodyOf, type NamedRecording, replay, streamRecording } from './provider-recordings.ts';

/** None if the folder is missing. */
export function openaiRecordings(
  protocol: 'openai-chat' | 'openai-completions' | 'openai-embeddings',
): readonly NamedRecording[] {
  return recordings(protocol).map(({ name, form, body, events }) => ({
    name,
    recording: form === 'body' ? bodyOf(body.toString('utf8')) : streamRecording(events, 'stream+usage'),
  }));
}

/** A stream whose events have these data lines; an object is written as JSON. */
export function chunkStream(data: readonly (string | object)[], form: Form = 'stream'): Recording {
  const events = data.map((line) => writeEvent(typeof line === 'string' ? line : JSON.stringify(line)));
  return { form, status: 200, headers: { 'content-type': 'text/event-stream' }, ...streamOf(events) };
}

/** The data of all events, JSON parsed. */
export function dataOf(recording: Recording): unknown[] {
  return readEvents(recording).map(({ data = '' }) => (data.startsWith('{') ? JSON.parse(data) : data));
}

export function textOf({ body }: Recording): string {
  return Buffer.from(body).toString('utf8');
}

/** An official client whose every request is answered with the recording. */
export function clientOf(recording: Recording): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://127.0.0.1:9/v1',
    maxRetries: 0,
    fetch: replay(recording),
  });
}

/** The completion that the official client reads from the recording, whichever form it has. */
export async function completionRead(recording: Recording): Promise<ChatCompletion> {
  const client = clientOf(recording);
  const request = { model: 'any', messages: [] };
  if (!isStream(recording.form)) return client.chat.completions.create(request);
  const chunks = await client.chat.completions.create({ ...request, stream: true });
  return ChatCompletionStream.fromReadableStream(chunks.toReadableStream()).finalChatCompletion();
}

export async function chunksRead(recording: Recording): Promise<ChatCompletionChunk[]> {
  const stream = await clientOf(recording).chat.completions.create({
    model: 'any',
    messages: [],
    stream: true,
  });
  return listOf(stream);
}

/** All items. */
export async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
