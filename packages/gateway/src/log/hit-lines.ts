/**
 * The lines of hits. Nearly all of such a line is known from the entry, and pino takes as long to print it as the cache
 * takes to find the entry. So pino prints it once, and later lines differ in what is put in between: the time, the
 * request's id and the durations.
 */
import { type AnsweredRequest, idsOf } from './answers.ts';

export interface HitLinesOptions {
  /** Prints the line of a request as the log does, but without the time. */
  readonly print: (request: AnsweredRequest) => string;
  /** The time, as the log puts it behind the level. */
  readonly time: () => string;
  readonly write: (line: string) => void;
}

/** What a line has around its time, its id and its two durations, and what it was printed from. */
interface Template {
  readonly path: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly level: string;
  readonly beforeId: string;
  readonly beforeHead: string;
  readonly end: string;
}

/** Templates, some 700 bytes each; once there are more, they are made anew. */
const maxTemplates = 2_000;

const beforeId = ',"requestId":"';
const beforeTotal = ',"totalMs":';

/** Writes the line of a hit. Its request id is one of askonce's own, which need no escapes. */
export function hitLines({ print, time, write }: HitLinesOptions): (request: AnsweredRequest) => void {
  const templates = new Map<string, Template>();

  function templateOf(request: AnsweredRequest): Template {
    const { path, reply } = request;
    const { key = '', status, cacheStatus, usage } = reply;
    const known = templates.get(key);
    if (
      known !== undefined &&
      known.path === path &&
      known.status === status &&
      known.detail === cacheStatus.detail &&
      known.inputTokens === usage?.inputTokens &&
      known.outputTokens === usage?.outputTokens
    )
      return known;
    if (templates.size >= maxTemplates) templates.clear();
    const made = {
      ...{ path, status, detail: cacheStatus.detail },
      ...{ inputTokens: usage?.inputTokens, outputTokens: usage?.outputTokens },
      ...pieces(print({ path, reply: { ...reply, requestId: '' }, headMs: 0, totalMs: 0 })),
    };
    templates.set(key, made);
    return made;
  }

  return (request) => {
    const { level, beforeId, beforeHead, end } = templateOf(request);
    const id = `${beforeId}${request.reply.requestId}${ids(request)}`;
    const head = `${level}${time()}${id}${beforeHead}${tenths(request.headMs)}`;
    write(`${head}${beforeTotal}${tenths(request.totalMs)}${end}`);
  };
}

/** The ids of the caller behind the request's own, before the quote that ends that. None of them needs escapes. */
function ids(request: AnsweredRequest): string {
  const { traceId, callerRequestId } = idsOf(request);
  const trace = traceId === undefined ? '' : `","traceId":"${traceId}`;
  return callerRequestId === undefined ? trace : `${trace}","callerRequestId":"${callerRequestId}`;
}

/** Cuts a line at an empty id and at durations of 0. No text in it can look so, since its quotes would be escaped. */
function pieces(line: string): Pick<Template, 'level' | 'beforeId' | 'beforeHead' | 'end'> {
  const id = line.indexOf(`${beforeId}"`) + beforeId.length;
  const head = line.indexOf(`0${beforeTotal}0`, id);
  return {
    level: line.slice(0, id - beforeId.length),
    beforeId,
    beforeHead: line.slice(id, head),
    end: line.slice(head + beforeTotal.length + 2),
  };
}

/** The texts of short durations, in tenths of a millisecond: to print a number takes longer than all else here. */
const shortest: readonly string[] = Array.from({ length: 1_000 }, (_, count) => `${count / 10}`);

function tenths(milliseconds: number): string {
  const count = Math.round(milliseconds * 10);
  return shortest[count] ?? JSON.stringify(count / 10);
}
