/**
 * Recorded answers of real providers, read from a folder outside the repository.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeEvent } from '../entry/sse.ts';

/** The folders of `provider-recordings`, each with the writer of its streams. */
const streamsOf = {
  'anthropic-messages': namedEvents,
  'openai-chat': chunks,
  'openai-completions': chunks,
  'openai-embeddings': chunks,
  'openai-responses': namedEvents,
} as const;

export type RecordedProtocol = keyof typeof streamsOf;

/** Sorted by name. */
export const recordedProtocols: readonly RecordedProtocol[] = [
  'anthropic-messages',
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
];

/** One answer as it came over the wire, after content decoding. */
export interface ProviderRecording {
  readonly protocol: RecordedProtocol;
  /** The file's name. */
  readonly name: string;
  readonly form: 'body' | 'stream';
  readonly body: Buffer;
  /** The text of each event, with its blank line. Together they are the body. Empty for a plain body. */
  readonly events: readonly string[];
}

const repository = join(import.meta.dirname, '..', '..', '..', '..');

/** The folder of recorded data: `ASKONCE_DATA`, or `../shared/data` beside the repository; undefined if missing. */
export function dataFolder(): string | undefined {
  const folder = process.env['ASKONCE_DATA'] ?? join(repository, '..', 'shared', 'data');
  return existsSync(folder) ? folder : undefined;
}

/** All recordings, or those of one protocol, sorted by name; none if the data folder is missing. */
export function recordings(only?: RecordedProtocol): readonly ProviderRecording[] {
  const data = dataFolder();
  if (data === undefined) return [];
  return recordedProtocols
    .filter((protocol) => only === undefined || protocol === only)
    .flatMap((protocol) => {
      const folder = join(data, 'provider-recordings', protocol);
      return existsSync(folder) ? readFolder(folder, protocol) : [];
    });
}

function readFolder(folder: string, protocol: RecordedProtocol): ProviderRecording[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name): ProviderRecording[] => {
      if (name.endsWith('.events.jsonl')) {
        const lines = readFileSync(join(folder, name), 'utf8').split('\n');
        const events = streamsOf[protocol](lines.filter((line) => line !== ''));
        return [{ protocol, name, form: 'stream', body: Buffer.from(events.join('')), events }];
      }
      if (!name.endsWith('.json')) return [];
      return [{ protocol, name, form: 'body', body: readFileSync(join(folder, name)), events: [] }];
    });
}

function chunks(lines: readonly string[]): string[] {
  return [...lines, '[DONE]'].map((line) => writeEvent(line));
}

function namedEvents(lines: readonly string[]): string[] {
  return lines.map((line) => writeEvent(line, typeOf(line)));
}

/** The event's type, read without parsing, since some recordings are broken on purpose. */
function typeOf(line: string): string {
  return /"type":\s*"([^"]+)"/.exec(line)?.[1] ?? 'message';
}
