/** Small, complete entries for tests of stores. */
import type { Entry, EntryMeta, Recording } from '../entry/entry.ts';

export interface SampleEntry extends Partial<Omit<EntryMeta, 'version'>> {
  readonly key: string;
  readonly body?: Uint8Array | string | undefined;
  /** An instant in ms since the epoch. Default 0. */
  readonly now?: number | undefined;
  readonly recording?: Partial<Recording> | undefined;
}

/** An entry that was stored `now` and expires an hour later, with the given metadata in place of the defaults. */
export function sampleEntry({ key, body = 'an answer', now = 0, recording, ...meta }: SampleEntry): Entry {
  return {
    key,
    meta: {
      version: 1,
      recordingId: '00112233445566aa',
      protocol: 'openai-chat',
      upstream: 'http://127.0.0.1:1/v1',
      subject: 'gpt-4o-mini',
      partition: 'partition',
      frame: 'frame',
      fields: { model: 'a1', messages: 'b2' },
      language: 'en',
      tags: ['lang=en'],
      finish: 'stop',
      began: 0,
      lease: 0,
      created: now,
      refreshed: now,
      staleAfter: now + 1_800_000,
      expires: now + 3_600_000,
      ...meta,
    },
    recording: {
      form: 'body',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? Buffer.from(body) : body,
      ...recording,
    },
  };
}
