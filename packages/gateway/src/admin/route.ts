/**
 * An admin call as a row: its method and path, the listeners that serve it, the roles that may make it, the limit on
 * wrong keys, the schemas of what goes in and out, and the handler. The API's document is made of the same rows.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AskonceError, type ErrorCode } from 'askonce';
import { firstFault, plainWords } from 'askonce/gateway-kit';
import { z } from 'zod';
import type { Caller, FailureLimit, Role } from './caller.ts';
import type { AdminContext } from './context.ts';
import { type AnswerOptions, answerJson } from './json.ts';

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
  /** `Last-Event-ID`, of a client whose stream begins anew. */
  readonly lastEventId?: string | undefined;
  readonly query: Query;
  readonly body: Body;
  /** Headers of an error's answer, which the call may add to. */
  readonly errorHeaders?: OutgoingHttpHeaders | undefined;
}

/** Values of parameters in an example: a list for a parameter that is repeated. */
type ExampleParameters = Readonly<Record<string, string | readonly string[]>>;

/** A valid call, as the API's document shows it and as its test makes it. */
interface CallExample {
  /** Parameters of the query and of the path, not encoded. */
  readonly query?: ExampleParameters | undefined;
  readonly body?: unknown;
}

interface AdminRow<Query, Body, Answer, QueryInput = unknown, BodyInput = unknown> {
  readonly method: AdminMethod;
  /** What the call does, in one line, for the reference. */
  readonly summary: string;
  /** A last segment in braces (`/cache/users/{id}`) is a parameter, parsed together with the query. */
  readonly path: string;
  readonly listeners: readonly Listener[];
  readonly roles: readonly Role[];
  /** Wrong keys that one client may send. Default: as many as calls that one caller may make. */
  readonly limit?: FailureLimit | undefined;
  readonly invalid: InvalidCode;
  /** The parameters of path and query. */
  readonly query: z.ZodType<Query, QueryInput>;
  /** {@link noBody} if the body is not read; a schema that accepts undefined if it is optional. */
  readonly body: z.ZodType<Body, BodyInput>;
  /** The body of success; of a call that streams, the data of each event. */
  readonly answer: z.ZodType<Answer>;
  /** Status of success. Default: 200; 202 for a call that begins what goes on after the answer. */
  readonly status?: 200 | 202 | undefined;
  /** Codes of errors that this call can answer with beside those of every call and `invalid`. Default: none. */
  readonly errors?: readonly ErrorCode[] | undefined;
  /** Needed where a parameter or a body is. */
  readonly example?: CallExample | undefined;
  /** @throws AskonceError */
  run(context: AdminContext, call: AdminCall<Query, Body>): Promise<NoInfer<Answer>>;
}

/** Sends the answer of a call that has succeeded, and ends the response. */
export type SendAnswer = (response: ServerResponse, options: AnswerOptions) => void;

/** A call that answers with server-sent events. `open` refuses what must be refused before it resolves. */
interface StreamingRow<Query, Body, Data> extends Omit<AdminRow<Query, Body, Data>, 'run' | 'status'> {
  /** @throws AskonceError */
  open(context: AdminContext, call: AdminCall<Query, Body>): Promise<SendAnswer>;
}

/** A row as the listener uses it: query and body are parsed by the row's schemas before the handler sees them. */
export interface AdminRoute extends Omit<AdminRow<unknown, unknown, unknown>, 'run' | 'status'> {
  readonly status: number;
  /** Whether the answer is a stream of events, and not one JSON value. */
  readonly streams: boolean;
  /** Resolves with the answer; of a stream, with what sends it. */
  run(context: AdminContext, call: AdminCall<Parameters, unknown>): Promise<unknown>;
  /** As `run`, for a listener. */
  answering(context: AdminContext, call: AdminCall<Parameters, unknown>): Promise<SendAnswer>;
}

/** A row as its callers see it: what it takes, as they write it, and what it answers. */
export interface CallableRoute<QueryInput, BodyInput, Answer> extends AdminRoute {
  readonly query: z.ZodType<unknown, QueryInput>;
  readonly body: z.ZodType<unknown, BodyInput>;
  readonly answer: z.ZodType<Answer>;
}

/** The usual listeners of a call. */
const usual = { listeners: ['admin', 'loopback'] } as const satisfies Partial<AdminRoute>;

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

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Where the metadata of a parameter have the schema of its value. */
export const onceKeyword = 'x-once';

/**
 * Metadata of a parameter that may be given once: the schema of its value, for the API's document. Its zod schema takes the
 * list of its values.
 */
export function once(schema: JsonSchema): JsonSchema {
  return { [onceKeyword]: schema };
}

/** Where the metadata of a value have the schema that the API's document shows for it: the call itself checks it later. */
export const shownKeyword = 'x-shown';

/** A number of entries in an answer. */
export const entryCount = z.number().int().nonnegative();

export function adminRoute<Query, Body, Answer, QueryInput, BodyInput>(
  row: AdminRow<Query, Body, Answer, QueryInput, BodyInput>,
): CallableRoute<QueryInput, BodyInput, Answer> {
  const { status = 200 } = row;
  const run: AdminRoute['run'] = async (context, call) => await row.run(context, parsedCall(row, call));
  return {
    ...row,
    status,
    streams: false,
    run,
    async answering(context, call) {
      const answer = await run(context, call);
      return (response, options) => answerJson(response, status, answer, options);
    },
  };
}

export function streamingRoute<Query, Body, Data>(row: StreamingRow<Query, Body, Data>): AdminRoute {
  const open: AdminRoute['answering'] = async (context, call) =>
    await row.open(context, parsedCall(row, call));
  return { ...row, status: 200, streams: true, run: open, answering: open };
}

/** @throws AskonceError of the row's code */
function parsedCall<Query, Body>(
  row: Pick<AdminRow<Query, Body, never>, 'query' | 'body' | 'invalid'>,
  { query, body, ...call }: AdminCall<Parameters, unknown>,
): AdminCall<Query, Body> {
  return { ...call, query: parse(row.query, query, row.invalid), body: parse(row.body, body, row.invalid) };
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
