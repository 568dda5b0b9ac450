/**
 * Real providers' answers, where the data folder is there (`ASKONCE_DATA`, or `../shared/data` beside the repository).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Form, Recording } from '../../packages/askonce/src/entry/recording.ts';
import { streamOf, writeEvent } from '../../packages/askonce/src/entry/sse.ts';

const repository = join(import.meta.dirname, '..', '..');
const data = process.env['ASKONCE_DATA'] ?? join(repository, '..', 'shared', 'data');

export interface NamedRecording {
  readonly name: string;
  readonly recording: Recording;
}

/** All recordings of the protocols whose streams name their events; none where the folder is missing. */
export function namedRecordings(
  protocol: 'anthropic-messages' | 'openai-responses',
): readonly NamedRecording[] {
  const folder = join(data, 'provider-recordings', protocol);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      if (!name.endsWith('.events.jsonl')) return { name, recording: bodyOf(text) };
      const lines = text.split('\n').filter((line) => line !== '');
      return { name, recording: streamRecording(lines.map((line) => writeEvent(line, typeOf(line)))) };
    });
}

/** The type of an event that need not be JSON: some recordings are broken on purpose. */
function typeOf(line: string): string {
  return /"type":\s*"([^"]+)"/.exec(line)?.[1] ?? 'message';
}

export function bodyOf(text: string, form: Form = 'body'): Recording {
  return { form, status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}

export function streamRecording(events: readonly string[]): Recording {
  return {
    form: 'stream',
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    ...streamOf(events),
  };
}

/** A `fetch` that answers every request with the recording. */
export function replay({ body, status, headers }: Recording): () => Promise<Response> {
  return () => Promise.resolve(new Response(Buffer.from(body), { status, headers }));
}
