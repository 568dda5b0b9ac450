/**
 * Says in plain words what is wrong with a value that does not match its schema. The words name the place and what is
 * expected there. They never quote the value, which may be a prompt or a secret.
 */
import type { z } from 'zod';

/** The first fault of a value, in words that fit behind a name: `must be a whole number`. */
export interface Fault {
  /** Names and indexes from the value to the place of the fault; empty if the whole value is wrong. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The first unknown field, if there is one. It is the caller's own word, and so is not part of the message. */
  readonly unknownField?: string | undefined;
}

const nouns: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/**
 * The words for an issue: the `error` of a parse. A message that the schema has of its own takes precedence.
 *
 * ```ts
 * schema.safeParse(value, { error: plainWords })
 * ```
 */
export function plainWords(issue: z.core.$ZodRawIssue): string {
  const words = wordsFor(issue);
  return issue.input === undefined && issue.code !== 'unrecognized_keys' ? `is missing; it ${words}` : words;
}

function wordsFor(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nouns[issue.expected] ?? 'of another type'}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return least(issue.origin, issue.minimum, issue.inclusive ?? true);
    case 'too_big':
      return most(issue.origin, issue.maximum, issue.inclusive ?? true);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'has an unknown field';
    case 'invalid_union':
      return anyOf(issue.errors);
    case 'invalid_key':
      return 'has a name of the wrong form';
    default:
      return 'must have another form';
  }
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map(String);
  return texts.length === 1 ? `must be ${texts[0]}` : `must be one of ${texts.join(', ')}`;
}

/** Faults of values that are of another kind than the shape, and not merely of the wrong form. */
const otherKinds: ReadonlySet<string | undefined> = new Set([
  'invalid_type',
  'invalid_value',
  'invalid_union',
]);

/** The words for a value that fits none of several shapes: what the shape of its kind wants, else `must be a string or a list`. */
function anyOf(shapes: readonly (readonly z.core.$ZodIssue[])[]): string {
  const ofItsKind = shapes.find(([first]) => first?.path.length === 0 && !otherKinds.has(first.code))?.[0];
  if (ofItsKind !== undefined) return ofItsKind.message;
  const kinds = new Set<string>();
  for (const [first] of shapes) {
    const kind =
      first === undefined ? undefined : /^(?:is missing; it )?must be (.*)$/.exec(first.message)?.[1];
    if (kind === undefined || first?.path.length !== 0) return 'must have another form';
    kinds.add(kind);
  }
  if (kinds.size === 0) return 'must have another form';
  const all = [...kinds];
  const last = all.pop();
  return `must be ${all.length === 0 ? last : `${all.join(', ')} or ${last}`}`;
}

/** What the length of a text or a list counts; undefined for numbers, which are compared themselves. */
function unitOf(origin: string): string | undefined {
  if (origin === 'string') return 'character';
  return origin === 'array' || origin === 'set' || origin === 'map' ? 'item' : undefined;
}

function counted(count: number | bigint, unit: string): string {
  return `${count} ${unit}${Number(count) === 1 ? '' : 's'}`;
}

function least(origin: string, minimum: number | bigint, inclusive: boolean): string {
  const unit = unitOf(origin);
  if (unit === undefined) return `must be ${inclusive ? 'at least' : 'more than'} ${minimum}`;
  return Number(minimum) === 1 ? 'must not be empty' : `must have at least ${counted(minimum, unit)}`;
}

function most(origin: string, maximum: number | bigint, inclusive: boolean): string {
  const unit = unitOf(origin);
  if (unit === undefined) return `must be ${inclusive ? 'at most' : 'less than'} ${maximum}`;
  return `must have at most ${counted(maximum, unit)}`;
}

/** The first fault. Of a value that fits none of several shapes, it is the fault of the closest shape. */
export function firstFault({ issues }: Pick<z.core.$ZodError, 'issues'>): Fault {
  const [issue] = issues;
  return issue === undefined ? { path: [], message: 'must have another form' } : faultOf(issue, []);
}

function faultOf(issue: z.core.$ZodIssue, above: Fault['path']): Fault {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const shapes = issue.code === 'invalid_union' ? issue.errors : [];
  // A shape that fails inside the value is closer than one that fails at the value as a whole.
  const closest = shapes.find(([first]) => first !== undefined && first.path.length > 0)?.[0];
  if (closest !== undefined) return faultOf(closest, path);
  const { message } = issue;
  return issue.code === 'unrecognized_keys'
    ? { path, message, unknownField: issue.keys[0] }
    : { path, message };
}
