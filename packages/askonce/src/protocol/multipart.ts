/**
 * Bodies of `multipart/form-data` (RFC 7578) as fields: a text part is a string, an uploaded file an
 * {@link UploadedFile}, and parts of one name are a list.
 */
import { hash } from 'node:crypto';
import { getMultipartBoundary, MultipartParseError, parseMultipart } from '@remix-run/multipart-parser';
import { AskonceError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { BodyKind, ParsedBody } from './contract.ts';

/** What counts of a file: not its bytes, which may be many, but their digest. */
export interface UploadedFile extends JsonObject {
  readonly filename: string;
  /** Media type as the part states it; '' if it states none. */
  readonly type: string;
  readonly bytes: number;
  /** SHA-256 of the bytes, in hex. */
  readonly digest: string;
}

const limits = { maxParts: 256, maxHeaderSize: 8192 } as const;

/** Headers that a part may have; with any other it might mean something else to the provider. */
const plainHeaders: ReadonlySet<string> = new Set(['content-disposition', 'content-type']);

export const multipartBody: BodyKind = {
  mediaType: 'multipart/form-data',
  parse(bytes, contentType) {
    const boundary = getMultipartBoundary(contentType);
    if (boundary === null) throw unreadable('its content-type names no boundary');
    try {
      return parsed(bytes, boundary);
    } catch (error) {
      // A header or a text that is not UTF-8 is a TypeError of the decoder.
      if (error instanceof MultipartParseError || error instanceof TypeError) throw unreadable(error.message);
      throw error;
    }
  },
};

function parsed(bytes: Uint8Array, boundary: string): ParsedBody {
  const fields = new Map<string, JsonValue[]>();
  let isFaithful = delimitersArePlain(bytes, boundary);
  const size = { maxFileSize: bytes.length, maxTotalSize: bytes.length };
  for (const part of parseMultipart(bytes, { boundary, ...limits, ...size })) {
    const { name } = part;
    if (name === undefined) throw unreadable('a part has no name');
    if (!Object.keys(part.headers).every((header) => plainHeaders.has(header))) isFaithful = false;
    const value: UploadedFile | string = part.isFile
      ? {
          filename: part.filename ?? '',
          type: part.headers['content-type'] ?? '',
          bytes: part.size,
          digest: hash('sha256', part.bytes, 'hex'),
        }
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part.bytes);
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  const body = Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? null) : values]),
  );
  return { body, isFaithful };
}

/**
 * Whether each occurrence of the boundary is a delimiter in a line of its own, and the last one closes the body.
 * Otherwise two parsers may read two bodies in it.
 */
function delimitersArePlain(bytes: Uint8Array, boundary: string): boolean {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = `--${boundary}`;
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const after = at + Buffer.byteLength(delimiter);
    if (at > 0 && body.toString('latin1', at - 2, at) !== '\r\n') return false;
    const next = body.toString('latin1', after, after + 2);
    if (next === '--') return /^(?:\r\n)?$/.test(body.toString('latin1', after + 2));
    if (next !== '\r\n') return false;
    at = body.indexOf(delimiter, after);
  }
  return false;
}

function unreadable(why: string): AskonceError {
  return new AskonceError(
    'invalid_request',
    `The multipart body cannot be read: ${why}; send multipart/form-data with named parts in UTF-8.`,
  );
}
