/**
 * Reads a text from the environment as the value of a setting.
 */
import type { z } from 'zod';
import { plainWords } from '../faults.ts';
import { tryParseJson } from '../json.ts';

/**
 * What a text in the environment means for a schema: the text itself if that is valid, else a switch word,
 * a number, JSON, or a list by commas; the first that the schema takes. If it takes none, the first of the
 * kind that it wants, so that the message names the fault (`must be at most 19`, not `must be a number`).
 */
export function fromText(text: string, schema: z.ZodType): unknown {
  const readings = [text, switchWord(text), toNumber(text), toJson(text), toList(text)];
  let closest: unknown;
  for (const reading of readings) {
    if (reading === undefined) continue;
    const checked = schema.safeParse(reading, { error: plainWords });
    if (checked.success) return reading;
    if (closest === undefined && isOfItsKind(checked.error)) closest = reading;
  }
  return closest ?? text;
}

/** Whether it is not the kind of the whole value that is wrong, but what it holds. */
function isOfItsKind({ issues }: z.ZodError): boolean {
  return !issues.some(
    (issue) => issue.path.length === 0 && issue.code === 'invalid_type' && issue.expected !== 'int',
  );
}

function switchWord(text: string): boolean | undefined {
  if (/^(true|1|on|yes)$/i.test(text)) return true;
  return /^(false|0|off|no)$/i.test(text) ? false : undefined;
}

function toNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
}

function toJson(text: string): unknown {
  return looksLikeJson(text) ? tryParseJson(text) : undefined;
}

function toList(text: string): readonly string[] | undefined {
  if (looksLikeJson(text)) return undefined;
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Whether the text begins as a JSON list or object does, and is none. */
export function isBrokenJson(text: string): boolean {
  return looksLikeJson(text) && tryParseJson(text) === undefined;
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}
