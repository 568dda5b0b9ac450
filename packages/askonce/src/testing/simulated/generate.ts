/**
 * The text of the simulated model: prose, JSON that fits a schema, or a function call.
 */
import type { JsonValue } from '../../json.ts';
import { prose } from './prose.ts';
import { SeededRandom } from './random.ts';
import { schemaValue } from './schema-value.ts';
import { tokensOf } from './tokens.ts';

/** A function that the model may call; `schema` describes its arguments. */
export interface OfferedTool {
  readonly name: string;
  readonly schema: JsonValue | undefined;
}

export interface Wanted {
  /** Everything that decides the answer, without its form: equal seeds mean equal answers. */
  readonly seed: string;
  /** The user's last message. */
  readonly question: string;
  /** The most tokens; undefined for no limit. */
  readonly limit: number | undefined;
  /** Generation ends before the first of these. */
  readonly stop: readonly string[];
  /** The function to call; undefined for text. */
  readonly tool: OfferedTool | undefined;
  /** The schema that text must fit; undefined for prose. */
  readonly json: JsonValue | undefined;
}

export interface Generation {
  /** The text, or the arguments of the call, token by token. */
  readonly tokens: readonly string[];
  /** The name of the function called, or undefined for text. */
  readonly calls: string | undefined;
  readonly end: 'natural' | 'limit' | 'stop';
  /** The stop sequence that ended the text. */
  readonly stoppedBy: string | undefined;
}

/** The schema for "some JSON object". */
export const anyObject: JsonValue = {
  type: 'object',
  properties: {
    topic: { type: 'string' },
    answer: { type: 'string', minLength: 80 },
    confident: { type: 'boolean' },
  },
  required: ['topic', 'answer', 'confident'],
};

/** @param choice the number of the answer, from 0, if the request wants several */
export function generate({ seed, question, limit, stop, tool, json }: Wanted, choice = 0): Generation {
  const random = new SeededRandom(`${choice}:${seed}`);
  const schema = tool === undefined ? json : (tool.schema ?? { type: 'object' });
  const whole =
    schema === undefined ? prose(question, random) : JSON.stringify(schemaValue(schema, question, random));
  const stoppedBy = tool === undefined ? firstOf(stop, whole) : undefined;
  const all = tokensOf(stoppedBy === undefined ? whole : whole.slice(0, whole.indexOf(stoppedBy)));
  const calls = tool?.name;
  if (limit !== undefined && all.length > limit) {
    return { tokens: all.slice(0, limit), calls, end: 'limit', stoppedBy: undefined };
  }
  return { tokens: all, calls, end: stoppedBy === undefined ? 'natural' : 'stop', stoppedBy };
}

/** The sequence that comes first in the text. */
function firstOf(sequences: readonly string[], text: string): string | undefined {
  const met = sequences.filter((sequence) => sequence !== '' && text.includes(sequence));
  return met.toSorted((one, other) => text.indexOf(one) - text.indexOf(other))[0];
}
