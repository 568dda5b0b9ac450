/**
 * Decodes metadata and headers that the checksum vouches for: it proves that the codec wrote them, which never writes
 * what is out of shape. So the outline alone is checked.
 */
import { AskonceError } from '../errors.ts';
import { isJsonObject, tryParseJson } from '../json.ts';
import { type EntryMeta, entrySchemaVersion, type Recording } from './entry.ts';

let lastHeaders: { readonly text: string; readonly headers: Recording['headers'] } = {
  text: '{}',
  headers: {},
};

/** @throws AskonceError `store_failed` if the text is forged together with its checksum. */
export function trustedMeta(text: string): EntryMeta {
  const meta = tryParseJson(text);
  return isMeta(meta) ? meta : unreadable();
}

/**
 * A copy of the last ones if they are the same, as they nearly always are: a fifth of the time that parsing takes.
 *
 * @throws AskonceError `store_failed` if the text is forged together with its checksum.
 */
export function trustedHeaders(text: string): Recording['headers'] {
  if (text !== lastHeaders.text) {
    const headers = tryParseJson(text);
    lastHeaders = { text, headers: isHeaders(headers) ? headers : unreadable() };
  }
  return { ...lastHeaders.headers };
}

export function unreadable(): never {
  throw new AskonceError(
    'store_failed',
    'A stored entry has the right checksum but not the shape of an entry.',
  );
}

function isMeta(value: unknown): value is EntryMeta {
  return isJsonObject(value) && value['version'] === entrySchemaVersion;
}

function isHeaders(value: unknown): value is Recording['headers'] {
  return isJsonObject(value);
}
