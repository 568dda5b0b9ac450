/**
 * The request that asks a model for one word, and what differs between the models that speak the protocol: the name of
 * the limit on tokens, whether they take a temperature, and whether they think before they answer.
 */
import { isJsonObject, tryParseJson } from '../../json.ts';

/** How a model must be asked. */
export interface Quirks {
  /**
   * The name of the limit on tokens; undefined if the model takes neither. `max_tokens` is tried first: models that do not
   * take it say so, while some servers ignore `max_completion_tokens` without a word.
   */
  readonly limit: 'max_tokens' | 'max_completion_tokens' | undefined;
  readonly takesTemperature: boolean;
  /** The limit itself. */
  readonly room: number;
}

/** Room for one word, with marks around it. */
const wordRoom = 16;
/** Room for thoughts before it. */
const thoughtRoom = 2_048;

export const firstQuirks: Quirks = { limit: 'max_tokens', takesTemperature: true, room: wordRoom };

interface Question {
  readonly model: string;
  readonly instructions: string;
  readonly texts: Readonly<Record<string, string>>;
}

export function chatRequest({ model, instructions, texts }: Question, quirks: Quirks): string {
  const { limit, takesTemperature, room } = quirks;
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: JSON.stringify(texts) },
    ],
    ...(takesTemperature && { temperature: 0 }),
    ...(limit !== undefined && { [limit]: room }),
  });
}

/** How to ask after the error `text` to a request with these quirks; undefined if another request would not help. */
export function withoutRefused(quirks: Quirks, text: string): Quirks | undefined {
  const refused = refusedIn(text);
  const { limit, takesTemperature } = quirks;
  if (limit === 'max_tokens' && refused('max_tokens'))
    // A model that has a limit of this name only is one that thinks.
    return { ...quirks, limit: 'max_completion_tokens', room: thoughtRoom };
  if (limit === 'max_completion_tokens' && refused('max_completion_tokens'))
    return { ...quirks, limit: undefined };
  return takesTemperature && refused('temperature') ? { ...quirks, takesTemperature: false } : undefined;
}

/** How to ask after an answer that was cut; undefined if there was room enough. */
export function withRoom(quirks: Quirks): Quirks | undefined {
  return quirks.room < thoughtRoom ? { ...quirks, room: thoughtRoom } : undefined;
}

/** Whether an error names a parameter: in `param`, or else anywhere in its words. */
function refusedIn(text: string): (name: string) => boolean {
  const document = tryParseJson(text);
  const error = isJsonObject(document) ? document['error'] : undefined;
  const param = isJsonObject(error) ? error['param'] : undefined;
  if (typeof param === 'string') return (name) => param === name;
  const words = text.slice(0, 2_000);
  return (name) => new RegExp(`\\b${name}\\b`).test(words);
}
