import { expect, it } from 'vitest';
import { z } from 'zod';
import { firstFault, plainWords } from './faults.ts';

function faultOf(schema: z.ZodType, value: unknown): string {
  const checked = schema.safeParse(value, { error: plainWords });
  if (checked.success) return 'none';
  const { path, message } = firstFault(checked.error);
  return [...path, message].join(' | ');
}

it.each<[z.ZodType, unknown, string]>([
  [z.string(), 1, 'must be a string'],
  [z.string(), undefined, 'is missing; it must be a string'],
  [z.object({ a: z.number() }), {}, 'a | is missing; it must be a number'],
  [z.number(), Number.NaN, 'must be a number'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.boolean(), 'on', 'must be true or false'],
  [z.array(z.string()), {}, 'must be a list'],
  [z.record(z.string(), z.string()), 1, 'must be an object'],
  [z.bigint(), 1, 'must be of another type'],
  [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
  [z.literal(true), false, 'must be true'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(3), 'a', 'must have at least 3 characters'],
  [z.string().max(1), 'ab', 'must have at most 1 character'],
  [z.array(z.number()).max(1), [1, 2], 'must have at most 1 item'],
  [z.number().min(2), 1, 'must be at least 2'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().max(2), 3, 'must be at most 2'],
  [z.number().lt(2), 2, 'must be less than 2'],
  [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  [z.strictObject({}), { key: 1 }, 'has an unknown field'],
  [z.record(z.string().max(1), z.number()), { long: 1 }, 'long | has a name of the wrong form'],
  [z.string().regex(/a/), 'b', 'must have another form'],
  [z.string().refine(() => false), 'b', 'must have another form'],
  [z.string().refine(() => false, 'has a message of its own'), 'b', 'has a message of its own'],
  [z.union([z.string(), z.object({ a: z.array(z.number()) })]), { a: [1, 'x'] }, 'a | 1 | must be a number'],
  [z.union([z.string(), z.number()]), true, 'must be a string or a number'],
  [z.union([z.string(), z.number()]), undefined, 'is missing; it must be a string or a number'],
  [z.union([z.strictObject({ a: z.string() }), z.strictObject({ b: z.string() })]), 'm', 'must be an object'],
  [z.union([z.string().regex(/a/), z.number()]), 'b', 'must have another form'],
  [z.union([z.string().min(1), z.array(z.string())]), '', 'must not be empty'],
  [z.union([z.literal('x'), z.number()]), true, 'must be x or a number'],
  [
    z.json(),
    undefined,
    'is missing; it must be a string, a number, true or false, null, a list or an object',
  ],
])('the fault of a value that does not match %# is said in plain words', (schema, value, words) => {
  expect(faultOf(schema, value)).toBe(words);
});

it('an error without issues still says something', () => {
  expect(firstFault({ issues: [] }).message).toBe('must have another form');
});
