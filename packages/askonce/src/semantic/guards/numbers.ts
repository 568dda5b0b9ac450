/**
 * Numbers: amounts, units, dates, percentages and places in a row must be the same, and in the same order where they
 * measure the same thing.
 */
import type { Guard } from '../contract.ts';
import { identifiersOf } from './identifiers.ts';
import { type Quantity, quantitiesOf } from './quantities.ts';
import { between, symmetric } from './symmetric.ts';

export const numbersGuard: Guard = symmetric((one, other, language) => {
  const [ours, theirs] = [quantitiesOf(one, language), quantitiesOf(other, language)];
  const identifiers = [identifiersOf(one, language), identifiersOf(other, language)] as const;
  return (
    expressionsDiffer(one, other) ??
    differenceOf(
      ours.filter((quantity) => isCardinal(quantity) && !identifiers[1].has(quantity.joined)),
      theirs.filter((quantity) => isCardinal(quantity) && !identifiers[0].has(quantity.joined)),
    ) ??
    placesDiffer(ours.filter(isPlace), theirs.filter(isPlace))
  );
});

/** `.5`, and sums with brackets: signs that the numbers alone do not show. */
const expression = /(?<![\p{L}\p{N}.])\.\p{Nd}+|(?<!\p{L})[(\p{Nd}][\p{Nd}\s().+*/^-]{0,200}[)\p{Nd}]/gu;

function expressionsDiffer(one: string, other: string): string | undefined {
  const [ours, theirs] = [one, other].map((text) =>
    Array.from(text.matchAll(expression), ([found]) => found.replace(/\s/g, ''))
      .filter((found) => /^\.|[()].*[+*/^-]|[+*/^-].*[()]/.test(found))
      .join(' '),
  );
  return ours === theirs ? undefined : between(ours ?? '', theirs ?? '');
}

const isPlace = ({ unit }: Quantity) => unit === 'ordinal';
const isCardinal = (quantity: Quantity) => !isPlace(quantity);

function differenceOf(ours: readonly Quantity[], theirs: readonly Quantity[]): string | undefined {
  const left = withoutValuesOf(ours, theirs);
  const right = withoutValuesOf(theirs, ours);
  if (left.length + right.length > 0) return between(written(left), written(right));
  const units = (quantities: readonly Quantity[]) => groupsOf(quantities, ({ value }) => value, unitName);
  const [ourUnits, theirUnits] = [units(ours), units(theirs)];
  for (const [value, unitsHere] of ourUnits) {
    const unitsThere = theirUnits.get(value) ?? [];
    if (
      !unitsHere.includes('') &&
      !unitsThere.includes('') &&
      !unitsHere.some((unit) => unitsThere.includes(unit))
    )
      return between(`${value} ${unitsHere.join(' ')}`, `${value} ${unitsThere.join(' ')}`);
  }
  const values = (quantities: readonly Quantity[]) => groupsOf(quantities, unitName, ({ value }) => value);
  const [ourValues, theirValues] = [values(ours), values(theirs)];
  for (const [unit, inOrder] of ourValues) {
    const there = theirValues.get(unit) ?? [];
    if (inOrder.length === there.length && inOrder.some((value, index) => value !== there[index]))
      return between(inOrder.join(' … '), there.join(' … '));
  }
  return undefined;
}

/** "First" may be left out; another place may not stand instead. */
function placesDiffer(ours: readonly Quantity[], theirs: readonly Quantity[]): string | undefined {
  const left = withoutValuesOf(ours, theirs);
  const right = withoutValuesOf(theirs, ours);
  const isSaid = ({ value, isWord }: Quantity) => !isWord || Number(value) > 2;
  const inOrder = (quantities: readonly Quantity[]) => quantities.map(({ value }) => value).join(' ');
  if (ours.length > 1 && ours.length === theirs.length && inOrder(ours) !== inOrder(theirs))
    return between(written(ours), written(theirs));
  const differs = (left.length > 0 && right.length > 0) || [...left, ...right].some(isSaid);
  return differs ? between(written(left), written(right)) : undefined;
}

function withoutValuesOf(ours: readonly Quantity[], theirs: readonly Quantity[]): readonly Quantity[] {
  const values = new Set(theirs.map(({ value }) => value));
  return ours.filter(({ value }) => !values.has(value));
}

const unitName = ({ unit }: Quantity): string => unit ?? '';

function groupsOf(
  quantities: readonly Quantity[],
  by: (quantity: Quantity) => string,
  what: (quantity: Quantity) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const quantity of quantities) {
    const group = groups.get(by(quantity));
    if (group === undefined) groups.set(by(quantity), [what(quantity)]);
    else group.push(what(quantity));
  }
  return groups;
}

function written(quantities: readonly Quantity[]): string {
  return quantities.map((quantity) => quantity.written).join(', ');
}
