/**
 * The parts of OpenAI's requests that several simulated endpoints read.
 */
import { z } from 'zod';
import type { JsonValue } from '../../json.ts';
import type { OfferedTool } from './generate.ts';
import { countTokens, tokensPerMedium } from './tokens.ts';

export const json: z.ZodType<JsonValue> = z.json();

/** A text, or a list of parts, some of which are text. */
export const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).max(10_000),
]);

export type Content = z.output<typeof content>;

export const tokenLimit = z.int().min(1).max(1_000_000).nullish();

export function textOf(parts: Content | null | undefined): string {
  if (typeof parts === 'string') return parts;
  return (parts ?? []).flatMap(({ text }) => text ?? []).join('\n');
}

/** Text is counted by its length, any other part as one piece. */
export function contentTokens(parts: Content | null | undefined): number {
  const media = Array.isArray(parts) ? parts.filter(({ text }) => text === undefined).length : 0;
  return countTokens(textOf(parts)) + media * tokensPerMedium;
}

/** The function to call: the one that the request demands, else the first; none after a result, or if it forbids calls. */
export function chosenTool(
  tools: readonly OfferedTool[],
  choice: { readonly forbidden: boolean; readonly name: string | undefined },
  answered: boolean,
): OfferedTool | undefined {
  if (choice.forbidden || (answered && choice.name === undefined)) return undefined;
  return choice.name === undefined ? tools[0] : tools.find(({ name }) => name === choice.name);
}
