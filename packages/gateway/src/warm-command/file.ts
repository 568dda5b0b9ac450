/**
 * The file that a command reads, or its standard input.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AskonceError } from 'askonce';

interface OpenedFile {
  readonly text: AsyncIterable<string>;
  /** The share of the file that has been read, from 0 to 1, if that is known. */
  readonly share: () => number | undefined;
}

/** @param file a path; `-` is standard input. @throws AskonceError `invalid_request` */
export async function opened(file: string): Promise<OpenedFile> {
  if (file === '-') return { text: process.stdin.setEncoding('utf8'), share: () => undefined };
  const size = await stat(file).catch(() => undefined);
  if (size === undefined)
    throw new AskonceError('invalid_request', `There is no file ${file}; name one, or - .`);
  if (size.isDirectory())
    throw new AskonceError('invalid_request', `${file} is not a file; name a CSV, JSON or JSONL file.`);
  const stream = createReadStream(file, { encoding: 'utf8' });
  return { text: stream, share: () => (size.size === 0 ? undefined : stream.bytesRead / size.size) };
}
