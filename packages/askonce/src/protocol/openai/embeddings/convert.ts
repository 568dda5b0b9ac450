/**
 * Vectors as numbers and as base64 (float32, little endian). All other bytes of the answer stay as they are.
 */
import { type Form, isStream, type Recording } from '../../../entry/entry.ts';
import { isJsonArray, tryParseJson } from '../../../json.ts';
import { type Replacement, replaceSpans } from '../../json-spans.ts';
import { readLayout, textOf } from './layout.ts';

const bytesPerNumber = 4;

/** Undefined where some vector is neither a list of numbers nor base64 of float32. */
export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (isStream(to) || isStream(recording.form)) return undefined;
  const layout = readLayout(recording);
  if (layout === undefined) return undefined;
  const replacements: Replacement[] = [];
  for (const { embedding } of layout.items) {
    if (embedding === undefined) return undefined;
    const text = textOf(layout.text, embedding);
    // A provider that doesn't know base64 answers with numbers all the same, and the other way round.
    if (text.startsWith('"') === (to === 'body+base64')) continue;
    const by = to === 'body+base64' ? base64Of(text) : numbersOf(text);
    if (by === undefined) return undefined;
    replacements.push({ ...embedding, by });
  }
  const whole = { start: 0, end: layout.text.length };
  return { ...recording, form: to, body: Buffer.concat(replaceSpans(layout.text, whole, replacements)) };
}

function base64Of(text: string): string | undefined {
  const numbers = tryParseJson(text);
  if (!isJsonArray(numbers)) return undefined;
  const bytes = Buffer.allocUnsafe(numbers.length * bytesPerNumber);
  for (const [index, number] of numbers.entries()) {
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) return undefined;
    bytes.writeFloatLE(number, index * bytesPerNumber);
  }
  return `"${bytes.toString('base64')}"`;
}

function numbersOf(text: string): string | undefined {
  const encoded = tryParseJson(text);
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length % bytesPerNumber !== 0) return undefined;
  const numbers: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesPerNumber) {
    const number = bytes.readFloatLE(at);
    if (!Number.isFinite(number)) return undefined;
    numbers.push(shortest(number));
  }
  return `[${numbers.join(',')}]`;
}

/**
 * The fewest digits that are still this float32: what a provider prints, where the double has up to 17. Where eight
 * are too few, fewer are, too.
 */
function shortest(number: number): string {
  if (Object.is(number, -0)) return '-0';
  let fewest = Number(number.toPrecision(9));
  for (const digits of [8, 7, 6]) {
    const fewer = Number(number.toPrecision(digits));
    if (Math.fround(fewer) !== number) break;
    fewest = fewer;
  }
  return String(fewest);
}
