/**
 * Decodes metadata that the checksum vouches for: it proves that the codec wrote them, which never writes what is out of
 * shape. So the outline alone is checked.
 */
import { AskonceError } from '../errors.ts';
import { isJsonObject, tryParseJson } from '../json.ts';
import { type EntryMeta, entrySchemaVersion } from './entry.ts';

/** @throws AskonceError `store_failed` if the text is forged together with its checksum. */
export function trustedMeta(text: string): EntryMeta {
  const meta = tryParseJson(text);
  return isMeta(meta) ? meta : unreadable();
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
