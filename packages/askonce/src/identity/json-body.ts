/**
 * Parses a request body, and finds out whether parsing hides something: a repeated property, or a number that a double
 * cannot hold.
 */
import { isUtf8 } from 'node:buffer';
import { AskonceError } from '../errors.ts';
import { isJsonArray, isJsonObject, type JsonValue, maxJsonDepth, tryParseJson } from '../json.ts';
import type { ParsedBody } from '../protocol/contract.ts';

/** Allowed before JSON, but nothing that a provider must ignore (RFC 8259, section 8.1). */
const byteOrderMark = '\ufeff';

/**
 * Parses a body.
 * @throws AskonceError `invalid_json` or `request_too_deep`; `invalid_request` for JSON that is not an object, or that
 * follows a byte order mark.
 */
export function parseBody(source: Uint8Array | string): ParsedBody {
  const text = bodyText(source);
  const { properties, numbersSurvive } = scanJson(text);
  const isMarked = text.startsWith(byteOrderMark);
  const body = tryParseJson(isMarked ? text.slice(byteOrderMark.length) : text);
  if (body === undefined)
    throw new AskonceError('invalid_json', 'The request body is not JSON (RFC 8259); send valid JSON.');
  if (isMarked)
    throw new AskonceError(
      'invalid_request',
      'The request body begins with a byte order mark; send it without one.',
    );
  if (!isJsonObject(body))
    throw new AskonceError('invalid_request', 'The request body is not a JSON object; send an object.');
  return { body, isFaithful: numbersSurvive && countProperties(body) === properties };
}

/**
 * Refuses a string that UTF-8 cannot encode: another string would have the same digest.
 * @throws AskonceError `invalid_json`.
 */
function checkWellFormed(source: Uint8Array | string): void {
  if (typeof source === 'string' && !source.isWellFormed())
    throw new AskonceError(
      'invalid_json',
      'The request body has a lone surrogate, which UTF-8 cannot encode; send well-formed text.',
    );
}

function bodyText(source: Uint8Array | string): string {
  checkWellFormed(source);
  if (typeof source === 'string') return source;
  if (!isUtf8(source))
    throw new AskonceError('invalid_json', 'The request body is not UTF-8; send JSON in UTF-8.');
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
}

const maxNumberLength = 64;

interface JsonScan {
  /** Number of properties in all objects of the text, a repeated one counted each time. */
  readonly properties: number;
  /** False if parsing changes some number (2^53 + 1, 1e400). */
  readonly numbersSurvive: boolean;
}

const quote = 0x22;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const backslash = 0x5c;

/**
 * Scans JSON text once for what `JSON.parse` hides. Leaves it to the parser whether the text is valid.
 * @throws AskonceError `request_too_deep` above {@link maxJsonDepth} levels.
 */
function scanJson(text: string): JsonScan {
  let depth = 0;
  let properties = 0;
  let numbersSurvive = true;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === colon) properties++;
    else if (code === openBrace || code === openBracket) {
      if (++depth > maxJsonDepth)
        throw new AskonceError(
          'request_too_deep',
          `The request body is nested deeper than ${maxJsonDepth} levels; flatten it.`,
        );
    } else if (code === closeBrace || code === closeBracket) depth--;
    else if (isDigit(code)) {
      const start = index;
      while (isNumberPart(text.charCodeAt(index + 1))) index++;
      numbersSurvive &&= survives(text, start, index + 1);
    }
  }
  return { properties, numbersSurvive };
}

/** Number of properties in all objects of a parsed value: fewer than scanned if one was given twice. */
function countProperties(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (isJsonArray(value)) {
    for (const item of value) count += countProperties(item);
    return count;
  }
  for (const name of Object.keys(value)) count += 1 + countProperties(value[name] ?? null);
  return count;
}

/** Index of the closing quote of the string that opens at `open`; the end of the text if it never closes. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close >= 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close < 0 ? text.length : close;
}

function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (index - first) % 2 === 1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNumberPart(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x65 || code === 0x45;
}

/**
 * Up to 15 digits without an exponent always survive (IEEE 754 double); others are compared digit by digit. No double
 * needs more than {@link maxNumberLength} characters; a longer number counts as changed.
 */
function survives(text: string, start: number, end: number): boolean {
  const token = text.slice(start, end);
  if (token.length <= 15 && !token.includes('e') && !token.includes('E')) return true;
  if (token.length > maxNumberLength) return false;
  const parsed = Number(token);
  if (!Number.isFinite(parsed)) return false;
  return decimal(token) === decimal(String(parsed));
}

/** A decimal number in one spelling: its significant digits and its exponent of ten. */
function decimal(token: string): string {
  const [mantissa = token, exponent = '0'] = token.toLowerCase().split('e');
  const [whole = mantissa, fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + (digits.length - significant.length)}`;
}
