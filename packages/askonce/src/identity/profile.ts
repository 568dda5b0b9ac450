/**
 * Structured payloads ("profiles"): the same person described twice is the same question. Nulls and undefined
 * are dropped, percentages are counted in steps; the order of properties never counts.
 */
import { isJsonArray, isJsonObject, type JsonValue } from '../json.ts';

/** Whether the value at a path of property names (list items count as `*`) is a percentage. */
export type IsPercentage = (path: readonly string[]) => boolean;

/** Compiles paths such as `profile.match` or `scores.*`; `*` stands for any one name. */
export function percentageRule(paths: readonly string[]): IsPercentage {
  const patterns = paths.map((path) => path.split('.'));
  return (path) =>
    patterns.some(
      (pattern) =>
        pattern.length === path.length &&
        pattern.every((name, index) => name === '*' || name === path[index]),
    );
}

/**
 * The profile as it counts; what is left of nothing but nulls is an empty object. A percentage becomes the number
 * of its step: 170 for 85 % where `step` is half a percent.
 */
export function normalizeProfile(
  value: JsonValue,
  isPercentage: IsPercentage,
  step: number,
  path: readonly string[] = [],
): JsonValue {
  if (typeof value === 'number') return isPercentage(path) ? stepOf(value, step) : value;
  if (isJsonArray(value)) {
    const inside = [...path, '*'];
    return value.map((item) => normalizeProfile(item, isPercentage, step, inside));
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, property]) =>
      property === undefined || property === null
        ? []
        : [[name, normalizeProfile(property, isPercentage, step, [...path, name])]],
    ),
  );
}

function stepOf(value: number, step: number): number {
  const steps = Math.round(value / step);
  return Number.isFinite(steps) ? steps : value;
}
