/**
 * Endpoints under random concurrent histories of reads by several clients, in several languages, and of writes.
 */
import { createCache, type ProviderAnswer } from 'askonce';
import { type EndpointReply, type EndpointRequest, endpointCache } from 'askonce/endpoint';
import { fakeClock } from 'askonce/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const clients = ['ann', 'bob', ''] as const;
const languages = ['de', 'fr', undefined] as const;

/** What the answers of a target say of themselves. */
const kinds = {
  plain: {},
  byLanguage: { vary: 'Accept-Language' },
  public: { 'cache-control': 'public, max-age=60' },
  publicByLanguage: { 'cache-control': 's-maxage=60', vary: 'accept-language' },
  private: { 'cache-control': 'private, max-age=60' },
  withCookie: { 'set-cookie': 'id=1' },
  confirmed: { 'cache-control': 'no-cache' },
} as const;
type Kind = keyof typeof kinds | 'changing';
const names: readonly Kind[] = [...Object.keys(kinds).filter(isKind), 'changing'];

function isKind(name: string): name is keyof typeof kinds {
  return Object.hasOwn(kinds, name);
}

interface Said {
  readonly kind: keyof typeof kinds;
  readonly client: string;
  readonly language: string | null;
  readonly version: number;
  readonly run: number;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read'),
      target: fc.nat(names.length - 1),
      client: fc.nat(2),
      language: fc.nat(2),
      turns: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('write'),
      target: fc.nat(names.length - 1),
      client: fc.nat(2),
      language: fc.nat(2),
      turns: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      target: fc.nat(0),
      client: fc.nat(0),
      language: fc.nat(0),
      turns: fc.nat(40),
    }),
  },
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function textOf({ body }: EndpointReply): Promise<string> {
  if (body === null || body instanceof Uint8Array) return Buffer.from(body ?? []).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

it('no answer crosses clients or languages, and none is older than a write that was answered before it was asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const clock = fakeClock();
      const cache = createCache({ clock });
      const endpoints = endpointCache<null>(cache);
      const versions = names.map(() => 0);
      const written = names.map(() => 0);
      const unshared = new Map<number, number>();
      let runs = 0;

      function requestOf(
        { target, client, language }: (typeof steps)[number],
        method: string,
      ): EndpointRequest<null> {
        const spoken = languages[language];
        const name = clients[client] ?? '';
        return {
          raw: null,
          method,
          url: `/${names[target]}/1`,
          route: `/${names[target]}/:id`,
          headers: {
            host: 'localhost',
            ...(name === '' ? {} : { authorization: name }),
            ...(spoken === undefined ? {} : { 'accept-language': spoken }),
          },
        };
      }

      async function read(one: (typeof steps)[number]): Promise<void> {
        const request = requestOf(one, 'GET');
        const least = written[one.target] ?? 0;
        const reply = await endpoints.answer(request, async (): Promise<ProviderAnswer> => {
          runs += 1;
          const run = runs;
          const version = versions[one.target] ?? 0;
          const given = names[one.target] ?? 'plain';
          const kind =
            given === 'changing'
              ? ((['plain', 'public', 'private', 'byLanguage'] as const)[run % 4] ?? 'plain')
              : given;
          const client = String(request.headers['authorization'] ?? '');
          const language = request.headers['accept-language'] ?? null;
          for (let turns = 0; turns < one.turns; turns += 1) await turn();
          async function* body() {
            const text = JSON.stringify({ kind, client, language, version, run });
            yield Buffer.from(text.slice(0, 9));
            if (one.turns % 2 === 1) await turn();
            yield Buffer.from(text.slice(9));
          }
          return { status: 200, headers: kinds[kind], body: body() };
        });
        const said: Said = JSON.parse(await textOf(reply));
        expect(reply.status).toBe(200);
        expect(said.version).toBeGreaterThanOrEqual(least);
        if (said.kind !== 'public' && said.kind !== 'publicByLanguage')
          expect(said.client).toBe(clients[one.client]);
        if (said.kind === 'byLanguage' || said.kind === 'publicByLanguage')
          expect(said.language).toBe(languages[one.language] ?? null);
        if (said.kind === 'private' || said.kind === 'withCookie' || said.kind === 'confirmed')
          unshared.set(said.run, (unshared.get(said.run) ?? 0) + 1);
      }

      async function write(one: (typeof steps)[number]): Promise<void> {
        const version = (versions[one.target] ?? 0) + 1;
        versions[one.target] = version;
        for (let turns = 0; turns < one.turns; turns += 1) await turn();
        await endpoints.wrote(requestOf(one, 'PUT'), { status: 204, headers: {} });
        written[one.target] = Math.max(written[one.target] ?? 0, version);
      }

      const going: Promise<void>[] = [];
      for (const one of steps) {
        if (one.do === 'read') going.push(read(one));
        else if (one.do === 'write') going.push(write(one));
        else {
          clock.advance(one.turns * 1000);
          for (let turns = 0; turns < one.turns / 8; turns += 1) await turn();
        }
      }
      await Promise.all(going);
      // One reader each.
      expect([...unshared.values()].every((readers) => readers === 1)).toBe(true);
      await cache.close();
    }),
    { numRuns: 150 },
  );
}, 60_000);
