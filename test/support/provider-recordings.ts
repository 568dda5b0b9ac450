/**
 * Recorded answers, if the data folder is there (`ASKONCE_DATA`, or `../shared/data` beside the repository).
 */
import type { Form, Recording } from '../../packages/askonce/src/entry/entry.ts';
import { streamOf } from '../../packages/askonce/src/entry/sse.ts';
import { recordings } from '../../packages/askonce/src/testing/recordings.ts';

export interface NamedRecording {
  readonly name: string;
  readonly recording: Recording;
}

/** All recordings of the protocols whose streams name their events; none if the folder is missing. */
export function namedRecordings(
  protocol: 'anthropic-messages' | 'openai-responses',
): readonly NamedRecording[] {
  return recordings(protocol).map(({ name, form, body, events }) => ({
    name,
    recording: form === 'body' ? bodyOf(body.toString('utf8')) : streamRecording(events),
  }));
}

export function bodyOf(text: string, form: Form = 'body'): Recording {
  return { form, status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}

export function streamRecording(events: readonly string[], form: Form = 'stream'): Recording {
  return {
    form,
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    ...streamOf(events),
  };
}

/** A `fetch` that answers every request with the recording. */
export function replay({ body, status, headers }: Recording): () => Promise<Response> {
  return () => Promise.resolve(new Response(Buffer.from(body), { status, headers }));
}
