/**
 * A batch of embeddings input by input: each vector keeps the provider's own characters.
 */
import type { Recording } from '../../../entry/entry.ts';
import { AskonceError } from '../../../errors.ts';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import type { Parts } from '../../contract.ts';
import { type Replacement, replaceSpans } from '../../json-spans.ts';
import { convert } from './convert.ts';
import { type Layout, readLayout, textOf } from './layout.ts';

/** OpenAI's own limit on the inputs of one request; larger batches are left whole. */
const maxInputs = 2048;

/** The inputs of a batch of several, or undefined where `input` is one input, or holds more than text and tokens. */
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

  common({ input, ...rest }) {
    const kind = kindOf(input);
    return kind === undefined ? undefined : `${kind} ${JSON.stringify(rest)}`;
  },

  merge(bodies) {
    const [first] = bodies;
    if (first === undefined || bodies.length > maxInputs) return undefined;
    const inputs = bodies.map(({ input }) => single(input));
    if (inputs.includes(undefined)) return undefined;
    return { ...first, input: inputs.map((input) => input ?? null) };
  },

  divide(answer, count, asked) {
    const layout = readLayout(answer);
    if (layout === undefined || count === 0 || !isNumbered(layout, count)) return undefined;
    const weights = weightsOf(asked, count);
    const shares = new Map(
      [...layout.usage].map(([path, span]) => [path, shareOut(textOf(layout.text, span), weights)]),
    );
    return layout.items.map((_, index) => ({
      ...answer,
      body: bodyWith(layout, [itemAt(layout, index, 0)], (path) => shares.get(path)?.[index]),
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

/** The one input of a body that has one, in a list or not. */
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

/** Texts and tokens can't be asked together. */
function kindOf(input: JsonValue | undefined): 'text' | 'tokens' | undefined {
  const one = single(input);
  if (one === undefined) return undefined;
  return typeof one === 'string' ? 'text' : 'tokens';
}

function isNumbered({ text, items }: Layout, count: number): boolean {
  return (
    items.length === count &&
    items.every(({ index }, place) => index !== undefined && textOf(text, index) === String(place))
  );
}

function weightsOf(asked: JsonObject | undefined, count: number): readonly number[] {
  const input = asked?.['input'];
  const weights = isJsonArray(input) ? input.map(weightOf) : [];
  return weights.length === count ? weights : new Array<number>(count).fill(1);
}

/** The item's own bytes with another index. */
function itemAt({ text, items }: Layout, position: number, index: number): Uint8Array {
  const item = items[position];
  if (item?.index === undefined) throw damaged();
  return Buffer.concat(replaceSpans(text, item.span, [{ ...item.index, by: String(index) }]));
}

/** The frame's own text with other items and other numbers of usage. */
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
 * What a provider writes between items, told by one item: what it writes before the first, or (on one line) the
 * space that it puts between properties.
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
    'A kept embedding is not one vector; delete it to have it made again',
  );
}

/* MERGED shares.ts:
 * Sharing out usage among the parts of a batch, and adding it up again.
 */
/** How much of a tokenizer's work each input is: its tokens where it is a list of them, else its length in UTF-8. */
export function weightOf(input: unknown): number {
  if (typeof input === 'string') return Buffer.byteLength(input);
  return Array.isArray(input) ? input.length : 1;
}

/**
 * Whole shares of `total` in proportion to the weights, largest remainders first. Their sum is exact, and no share
 * is 0 where there is enough for all. What is no whole number can't be shared exactly and goes to the first.
 */
export function shareOut(total: string, weights: readonly number[]): string[] {
  const amount = Number(total);
  if (!/^[0-9]+$/.test(total) || !Number.isSafeInteger(amount)) {
    return weights.map((_, index) => (index === 0 ? total : '0'));
  }
  const sum = weights.reduce((one, other) => one + other, 0);
  const exact = weights.map((weight) => (sum === 0 ? amount / weights.length : (amount * weight) / sum));
  const shares = exact.map(Math.floor);
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((one, other) => other.remainder - one.remainder || one.index - other.index);
  let left = amount - shares.reduce((one, other) => one + other, 0);
  for (let turn = 0; left > 0 && byRemainder.length > 0; turn++) {
    const index = byRemainder[turn % byRemainder.length]?.index ?? 0;
    shares[index] = (shares[index] ?? 0) + 1;
    left--;
  }
  if (amount >= shares.length) fillEmpty(shares);
  return shares.map(String);
}

/** Gives one to each share that has nothing, from those that have most. */
function fillEmpty(shares: number[]): void {
  const byWealth = shares
    .map((share, index) => ({ share, index }))
    .sort((one, other) => other.share - one.share);
  let donor = 0;
  for (let index = 0; index < shares.length; index++) {
    if (shares[index] !== 0) continue;
    while ((shares[byWealth[donor]?.index ?? 0] ?? 0) < 2) donor++;
    const from = byWealth[donor]?.index ?? 0;
    shares[from] = (shares[from] ?? 0) - 1;
    shares[index] = 1;
  }
}

/** The sum, in the characters of the only share where all others are 0. */
export function addUp(shares: readonly string[]): string {
  const some = shares.filter((share) => share !== '0');
  if (some.length <= 1) return some[0] ?? '0';
  return String(some.reduce((sum, share) => sum + Number(share), 0));
}
