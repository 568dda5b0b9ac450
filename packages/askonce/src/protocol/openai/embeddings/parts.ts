/**
 * Splitting a batch of embeddings into its inputs and joining their answers; each vector keeps the provider's bytes.
 */
import type { Recording } from '../../../entry/entry.ts';
import { AskonceError } from '../../../errors.ts';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import type { Parts } from '../../contract.ts';
import { type Replacement, replaceSpans } from '../../json-spans.ts';
import { convert } from './answer.ts';
import { type Layout, readLayout, textOf } from './layout.ts';
import { placesOf } from './places.ts';
import { addUp, shareOut, weightOf } from './shares.ts';

/** OpenAI's limit on the inputs of one request; larger batches are not split. */
const maxInputs = 2048;

/** The inputs of a batch; undefined if `input` is a single input, or has more than text and tokens. */
export function batchOf(input: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (!isJsonArray(input) || input.length < 2 || input.length > maxInputs) return undefined;
  const isText = typeof input[0] === 'string';
  return input.every((one) => (isText ? typeof one === 'string' : isJsonArray(one))) ? input : undefined;
}

export const parts: Parts = {
  split: (body) => batchOf(body['input'])?.map((input) => ({ ...body, input })),

  select(body, indexes) {
    const { input } = body;
    if (!isJsonArray(input)) return body;
    return { ...body, input: indexes.map((index) => input[index] ?? null) };
  },

  count: (answer) => readLayout(answer)?.items.length,

  common({ input, ...rest }) {
    const kind = kindOf(input);
    return kind === undefined ? undefined : `${kind} ${JSON.stringify(rest)}`;
  },

  merge(bodies) {
    const [first] = bodies;
    if (first === undefined || bodies.length > maxInputs) return undefined;
    const inputs = bodies.map(({ input }) => inputsOf(input));
    if (inputs.includes(undefined)) return undefined;
    const input = inputs.flatMap((some) => some ?? []);
    return input.length > maxInputs ? undefined : { ...first, input };
  },

  divide(answer, count, asked) {
    const layout = readLayout(answer);
    const places = layout === undefined || count === 0 ? undefined : placesOf(layout, count);
    if (layout === undefined || places === undefined) return undefined;
    const weights = weightsOf(asked, count);
    const shares = new Map(
      [...layout.usage].map(([path, span]) => [path, shareOut(textOf(layout.text, span), weights)]),
    );
    return places.map((position, index) => ({
      ...answer,
      body: bodyWith(layout, [itemAt(layout, position, 0)], (path) => shares.get(path)?.[index]),
    }));
  },

  join(recordings) {
    const [first] = recordings;
    const layouts = recordings.map((recording) => singleLayout(recording, first?.form));
    const [frame] = layouts;
    if (first === undefined || frame === undefined) throw damaged();
    const items = layouts.map((layout, index) => itemAt(layout, 0, index));
    const body = bodyWith(frame, items, (path) =>
      addUp(
        layouts.map(({ text, usage }) => {
          const span = usage.get(path);
          return span === undefined ? '0' : textOf(text, span);
        }),
      ),
    );
    return { ...first, body };
  },
};

/** The only input of a body, in a list or not; undefined if there are several. */
function single(input: JsonValue | undefined): string | readonly JsonValue[] | undefined {
  if (typeof input === 'string') return input;
  if (!isJsonArray(input)) return undefined;
  if (input.length > 0 && isTokens(input)) return input;
  const [only] = input;
  if (input.length !== 1) return undefined;
  return typeof only === 'string' || isTokens(only) ? only : undefined;
}

function isTokens(input: JsonValue | undefined): input is readonly JsonValue[] {
  return isJsonArray(input) && input.every((one) => typeof one === 'number');
}

/** The inputs of a body that can share a request: texts or lists of tokens, never both; undefined otherwise. */
function inputsOf(input: JsonValue | undefined): readonly JsonValue[] | undefined {
  const one = single(input);
  if (one !== undefined) return [one];
  const list = batchOf(input);
  return list?.every((item) => typeof item === 'string' || isTokens(item)) ? list : undefined;
}

/** Texts and tokens cannot share a request. */
function kindOf(input: JsonValue | undefined): 'text' | 'tokens' | undefined {
  const [one] = inputsOf(input) ?? [];
  if (one === undefined) return undefined;
  return typeof one === 'string' ? 'text' : 'tokens';
}

function weightsOf(asked: JsonObject | undefined, count: number): readonly number[] {
  const input = asked?.['input'];
  const weights = isJsonArray(input) ? input.map(weightOf) : [];
  return weights.length === count ? weights : new Array<number>(count).fill(1);
}

/** The item's bytes with another index, or with one where the provider gave none. */
function itemAt({ text, items }: Layout, position: number, index: number): Uint8Array {
  const item = items[position];
  if (item === undefined) throw damaged();
  if (item.index !== undefined)
    return Buffer.concat(replaceSpans(text, item.span, [{ ...item.index, by: String(index) }]));
  const afterBrace = item.span.start + 1;
  const by = `"index":${index},`;
  return Buffer.concat(replaceSpans(text, item.span, [{ start: afterBrace, end: afterBrace, by }]));
}

/** The frame's text with other items and other usage. */
function bodyWith(
  frame: Layout,
  items: readonly Uint8Array[],
  usage: (path: string) => string | undefined,
): Uint8Array {
  const separator = Buffer.from(`,${spaceBetween(frame)}`);
  const list = items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
  const replacements: Replacement[] = [{ ...frame.list, by: Buffer.concat(list) }];
  for (const [path, span] of frame.usage) {
    const number = usage(path);
    if (number !== undefined) replacements.push({ ...span, by: number });
  }
  replacements.sort((one, other) => one.start - other.start);
  const whole = { start: 0, end: frame.text.length };
  return Buffer.concat(replaceSpans(frame.text, whole, replacements));
}

/**
 * The white space between items, guessed from one item: that before the first item, or (on one line) that between
 * properties.
 */
function spaceBetween({ lead, items }: Layout): string {
  if (lead !== '') return lead;
  const separator = items[0]?.separator ?? '';
  return /^, +$/.test(separator) ? separator.slice(1) : '';
}

function singleLayout(recording: Recording, form: Recording['form'] | undefined): Layout {
  const alike = form === undefined || recording.form === form ? recording : convert(recording, form);
  const layout = alike === undefined ? undefined : readLayout(alike);
  if (layout?.items.length !== 1) throw damaged();
  return layout;
}

function damaged(): AskonceError {
  return new AskonceError(
    'store_failed',
    'A stored embedding is not one vector; delete its entry, and it is asked for again',
  );
}
