/**
 * Which item of an embeddings answer belongs to which input. Providers of the same API leave indexes out, count them
 * from one, repeat them, or answer in another order.
 */
import { type Layout, textOf } from './layout.ts';

/**
 * The position of the item for each input, in order; undefined if that is not certain. Without any index the order is
 * the inputs', as for a client that reads none; indexes of which some are missing or repeated prove nothing.
 */
export function placesOf(layout: Layout, count: number): readonly number[] | undefined {
  if (layout.items.length !== count) return undefined;
  // An index can be written only where there is something to write it before.
  if (layout.items.some(({ index, embedding }) => index === undefined && embedding === undefined))
    return undefined;
  const indexes = layout.items.map(({ index }) =>
    index === undefined ? undefined : numberIn(textOf(layout.text, index)),
  );
  if (count === 1 || indexes.every((index) => index === undefined)) return indexes.map((_, place) => place);
  // Zero is in one numbering alone, and so is the number of items.
  const base = indexes.includes(0) ? 0 : 1;
  const positions = new Map(indexes.map((index, position) => [index, position]));
  const places = Array.from({ length: count }, (_, place) => positions.get(place + base));
  return places.every((position) => position !== undefined) ? places : undefined;
}

/** A whole number, also in quotes; undefined for anything else. */
function numberIn(text: string): number | undefined {
  const [, digits] = /^"?(\d{1,9})"?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
