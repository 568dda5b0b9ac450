/**
 * What a process learns of routes from their answers: by which request headers they differ, and which questions have
 * answers that cannot be shared.
 */
import { hash } from 'node:crypto';
import type { Cache } from '../../contract.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { isJsonArray, tryParseJson } from '../../json.ts';
import type { AnswerHead } from '../../protocol/answer-rules.ts';
import { endpointRules, isForAll } from '../../protocol/endpoint/answer-rules.ts';
import { targetOf } from '../../protocol/endpoint/request-body.ts';
import { maxVaryNames, varyNames } from '../../protocol/endpoint/vary.ts';
import { recentMap } from '../../recent-map.ts';
import { endpointUpstream, targetName } from './question.ts';
import { routeName } from './route-name.ts';

const maxRoutes = 10_000;
const maxUnshared = 10_000;
const maxShared = 10_000;

interface LearnedNames {
  readonly names: Set<string>;
  /** Resolves once what other processes have learned is among them. */
  readonly read: Promise<void>;
  isRead: boolean;
  /** Whether other processes, and this one after a restart, get to know them. */
  readonly isDurable: boolean;
}

export interface Learned {
  /**
   * Names of the headers by which the answers of a route differ, as far as they are known. Never rejects. Only those of patterns
   * are written down: there are few of them, where paths have no end.
   */
  namesOf(route: string, hasPattern: boolean): ReadonlySet<string> | Promise<ReadonlySet<string>>;
  /** Takes note of the head of an answer. */
  note(request: CacheRequest, head: AnswerHead): void;
  /** Takes note that the answer to a question is for its reader alone, though its head does not say so. */
  refuse(request: CacheRequest): void;
  /** Whether the last answer of a target, as `targetName` names it, said that requests share it, whatever their credentials. */
  isPublic(target: string): boolean;
  /** Whether the last answer to the question was for its reader alone: then others need not wait for the next one. */
  isUnshared(request: CacheRequest): boolean;
}

export function learned(cache: Cache): Learned {
  const routes = recentMap<LearnedNames>(maxRoutes);
  const unshared = recentMap<true>(maxUnshared);
  const shared = recentMap<true>(maxShared);

  function markerOf(route: string): CacheRequest {
    return {
      protocol: 'function',
      upstream: endpointUpstream,
      route: '/vary',
      query: '',
      headers: {},
      body: JSON.stringify({ name: 'vary', input: route }),
      context: {},
      directives: {},
    };
  }

  async function read(route: string, names: Set<string>): Promise<void> {
    try {
      const entry = await cache.get(markerOf(route));
      const value = entry && tryParseJson(Buffer.from(entry.recording.body).toString('utf8'));
      if (isJsonArray(value))
        add(
          names,
          value.filter((name) => typeof name === 'string'),
        );
    } catch {
      // A marker that cannot be read is learned again.
    }
  }

  function learnedOf(route: string, isDurable = false): LearnedNames {
    const key = routeName(route);
    const known = routes.get(key);
    if (known !== undefined) return known;
    const names = new Set<string>();
    const made: LearnedNames = {
      names,
      isRead: !isDurable,
      isDurable,
      read: isDurable
        ? read(route, names).then(() => {
            made.isRead = true;
          })
        : Promise.resolve(),
    };
    routes.set(key, made);
    return made;
  }

  /** Whether it has a name more; a route that differs by too much keeps the first. */
  function add(names: Set<string>, more: readonly string[]): boolean {
    const before = names.size;
    for (const name of more) if (names.size < maxVaryNames) names.add(name);
    return names.size > before;
  }

  async function write(route: string, names: ReadonlySet<string>): Promise<void> {
    try {
      await cache.set(markerOf(route), {
        form: 'body',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify([...names].toSorted())),
      });
    } catch {
      // Other processes learn it from their own answers.
    }
  }

  const nameOf = ({ body, context }: CacheRequest) =>
    digestOf(JSON.stringify([String(body), context.tenant, context.user]));

  return {
    namesOf(route, hasPattern) {
      const known = learnedOf(route, hasPattern);
      return known.isRead ? known.names : known.read.then(() => known.names);
    },
    note(request, head) {
      const names = varyNames(head.headers);
      if (names !== '*' && names.length > 0) {
        const known = learnedOf(request.route);
        if (add(known.names, names) && known.isDurable) void write(request.route, known.names);
      }
      const mayShare = endpointRules.mayShare(head, request, request);
      if (mayShare) unshared.delete(nameOf(request));
      else unshared.set(nameOf(request), true);
      const target = digestOf(targetName({ ...targetOf(request), tenant: request.context.tenant }));
      if (mayShare && isForAll(head)) shared.set(target, true);
      else shared.delete(target);
    },
    refuse: (request) => void unshared.set(nameOf(request), true),
    isPublic: (target) => shared.size > 0 && shared.has(digestOf(target)),
    isUnshared: (request) => unshared.size > 0 && unshared.has(nameOf(request)),
  };
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
