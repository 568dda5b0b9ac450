/**
 * An admin call as a row: its method and path, the listeners that serve it, the roles that may make it, the limit on
 * wrong keys, the schemas of what goes in and out, and the handler.
 */
import { AskonceError, type ErrorCode } from 'askonce';
import { firstFault, plainWords } from 'askonce/gateway-kit';
import { z } from 'zod';
import { type Caller, type FailureLimit, type Role, wrongKeys } from './caller.ts';
import type { AdminContext } from './context.ts';

/** Where requests arrive: the address of `adminListen`, or the main port, on loopback or beyond this machine. */
export type Listener = 'admin' | 'loopback' | 'public';

type AdminMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The code of a call whose query or body does not match the schema. */
type InvalidCode = Extract<ErrorCode, `invalid_${string}`>;

/** Parameters by name, each as the list of its values, because a query can repeat a name. */
export type Parameters = Readonly<Record<string, readonly string[]>>;

export interface AdminCall<Query, Body> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly query: Query;
  readonly body: Body;
}

export interface AdminRow<Query, Body, Answer> {
  readonly method: AdminMethod;
  /** What the call does, in one line, for the reference. */
  readonly summary: string;
  /** A last segment in braces (`/cache/users/{id}`) is a parameter, parsed together with the query. */
  readonly path: string;
  readonly listeners: readonly Listener[];
  readonly roles: readonly Role[];
  readonly limit: FailureLimit;
  readonly invalid: InvalidCode;
  /** The parameters of path and query. */
  readonly query: z.ZodType<Query>;
  /** {@link noBody} if the body is not read; a schema that accepts undefined if it is optional. */
  readonly body: z.ZodType<Body>;
  /** The body of a 200. */
  readonly answer: z.ZodType<Answer>;
  /** @throws AskonceError */
  run(context: AdminContext, call: AdminCall<Query, Body>): Promise<NoInfer<Answer>>;
}

/** A row as the listener uses it: `run` parses query and body by the row's schemas before the handler sees them. */
export interface AdminRoute extends Omit<AdminRow<unknown, unknown, unknown>, 'run'> {
  run(context: AdminContext, call: AdminCall<Parameters, unknown>): Promise<unknown>;
}

/** The usual listeners and limit of a call. */
const usual = {
  listeners: ['admin', 'loopback'],
  limit: wrongKeys,
} as const satisfies Partial<AdminRoute>;

/** Access to calls that read figures. They show no stored text. */
export const viewing = {
  ...usual,
  roles: ['viewer', 'operator', 'admin'],
} as const satisfies Partial<AdminRoute>;
/** Access to calls that read stored text, or act on entries. */
export const operating = { ...usual, roles: ['operator', 'admin'] } as const satisfies Partial<AdminRoute>;
/** Access to calls that concern people's data. */
export const administering = { ...usual, roles: ['admin'] } as const satisfies Partial<AdminRoute>;

/** For calls whose body is not read. */
export const noBody = z.undefined();

/** For calls that ignore their query. */
export const anyQuery = z.looseObject({});

/** A number of entries in an answer. */
export const entryCount = z.number().int().nonnegative();

export function adminRoute<Query, Body, Answer>(row: AdminRow<Query, Body, Answer>): AdminRoute {
  return {
    ...row,
    async run(context, { query, body, ...call }) {
      const parsed = {
        query: parse(row.query, query, row.invalid),
        body: parse(row.body, body, row.invalid),
      };
      return await row.run(context, { ...call, ...parsed });
    },
  };
}

const subjects: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid_selector: 'The selector',
  invalid_event: 'The event',
  invalid_flags: 'The change of flags',
  invalid_feedback: 'The feedback',
};

/** The parameters of a call; the error for an unknown one names them. */
export function parametersSchema<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `it has an unknown parameter; expected ${names}` : undefined,
  });
}

/** @throws AskonceError of `code` if the value does not match the schema. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, code: InvalidCode): T {
  const parsed = schema.safeParse(value, { error: plainWords });
  if (parsed.success) return parsed.data;
  const subject = subjects[code] ?? 'The call';
  const { path, message } = firstFault(parsed.error);
  const place = path.length === 0 ? '' : `${path.join('.')}: `;
  // The words fit behind a name; the schema's own messages may be whole clauses.
  const words = place === '' && /^(?:must|has|is) /.test(message) ? `it ${message}` : message;
  throw new AskonceError(code, `${subject} is wrong: ${place}${words}.`);
}
