/**
 * The contract of verifiers as tests for any runner: for a verifier of your own.
 *
 * @example
 * describeVerifierContract({ name: 'mine', runner: { describe, it, expect }, createVerifier: () => mine, same, different });
 */

import type { Awaitable } from '../clock.ts';
import type { PricedVerdict, Verdict, VerifiedPair, Verifier } from '../semantic/contract.ts';
import { addCases } from './contract-cases.ts';
import type { TestRunner } from './store-wanted.ts';

export interface VerifierContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** A new verifier, for each case. */
  createVerifier(): Awaitable<Verifier>;
  /** Pairs whose earlier answer answers the question; at least one. */
  readonly same: readonly VerifiedPair[];
  /** Pairs whose earlier answer does not; at least one. */
  readonly different: readonly VerifiedPair[];
  /** Cases that the verifier does not satisfy, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

type Context = Pick<VerifierContractOptions, 'same' | 'different' | 'createVerifier'> & {
  readonly expect: TestRunner['expect'];
  readonly verifier: Verifier;
};

interface VerifierCase {
  readonly title: string;
  run(context: Context): Promise<void>;
}

const sound: ReadonlySet<unknown> = new Set(['same', 'different', 'unsure'] satisfies Verdict[]);

const cases: readonly VerifierCase[] = [
  {
    title: 'has a name of 1 to 256 characters, the same for each verifier of its kind',
    async run({ verifier, createVerifier, expect }) {
      expect(verifier.name.length > 0 && verifier.name.length <= 256).toBe(true);
      expect((await createVerifier()).name).toBe(verifier.name);
    },
  },
  {
    title: 'says that the earlier answer serves where it does',
    async run({ verifier, same, expect }) {
      expect(await verdictsOn(verifier, same)).toEqual(same.map(() => 'same'));
    },
  },
  {
    title: 'never says that the earlier answer serves where it does not',
    async run({ verifier, different, expect }) {
      const verdicts = await verdictsOn(verifier, different);
      expect(different.filter((_, index) => verdicts[index] === 'same')).toEqual([]);
    },
  },
  {
    title: 'says the same of a pair each time, and leaves the pair as it was',
    async run({ verifier, same, different, expect }) {
      const pairs = [...same, ...different];
      const before = JSON.stringify(pairs);
      const first = await verdictsOn(verifier, pairs);
      expect(await verdictsOn(verifier, pairs.toReversed())).toEqual(first.toReversed());
      expect(JSON.stringify(pairs)).toBe(before);
    },
  },
  {
    title: 'takes any text, and answers it with a verdict or a rejection',
    async run({ verifier, different, expect }) {
      const texts = ['', ' \n', '"}\n```</answer>', '\u0000\u202e', '\ud83d', '🙂'.repeat(2_000), 'да нет'];
      const pairs = different.flatMap((pair) =>
        texts.flatMap((text) => [
          { ...pair, question: text },
          { ...pair, earlierQuestion: text },
          { ...pair, earlierAnswer: text },
        ]),
      );
      const verdicts = await Promise.all(
        pairs.map((pair) => verdictOn(verifier, pair).catch(() => 'unsure' as const)),
      );
      expect(verdicts.filter((verdict) => !sound.has(verdict))).toEqual([]);
    },
  },
  {
    title: 'comes to an end if it is aborted before it begins',
    async run({ verifier, different, expect }) {
      const ends = await Promise.all(
        different.map(async (pair) => {
          try {
            await verifier.verify(pair, AbortSignal.abort());
          } catch {
            // As good an end as a verdict.
          }
          return true;
        }),
      );
      expect(ends).toEqual(different.map(() => true));
    },
  },
  {
    title: 'costs no more than it says',
    async run({ verifier, same, different, expect }) {
      for (const pair of [...same, ...different]) {
        const { question, earlierQuestion, earlierAnswer } = pair;
        const characters = [question, earlierQuestion, earlierAnswer].join('').length;
        const most = verifier.usdAtMost?.(characters) ?? 0;
        const { usd } = priced(await verifier.verify(pair, AbortSignal.any([])));
        expect(usd >= 0 && usd <= most, `costs ${usd}, at most ${most}`).toBe(true);
      }
    },
  },
  {
    title: 'judges, if it can, that an answer says the same as itself',
    async run({ verifier, same, expect }) {
      const pairs = verifier.judge === undefined ? [] : same;
      const otherwise: PricedVerdict[] = [];
      for (const pair of pairs) {
        const judged = { ...pair, answer: pair.earlierAnswer };
        const verdict = priced((await verifier.judge?.(judged, AbortSignal.any([]))) ?? 'unsure');
        if (verdict.verdict !== 'same') otherwise.push(verdict);
      }
      expect(otherwise).toEqual([]);
    },
  },
];

export function describeVerifierContract(options: VerifierContractOptions): void {
  const { name, runner, createVerifier, same, different, deviations = {} } = options;
  const { describe, it, expect } = runner;
  describe(`the verifier ${name} satisfies the contract of verifiers`, () => {
    addCases({
      runner,
      cases,
      deviations,
      run: async ({ run }) =>
        run({ verifier: await createVerifier(), createVerifier, same, different, expect }),
    });
    it('has pairs of both kinds to run the cases on', async () => {
      expect(same.length > 0 && different.length > 0).toBe(true);
    });
  });
}

function priced(verdict: Verdict | PricedVerdict): PricedVerdict {
  return typeof verdict === 'object' ? verdict : { verdict, usd: 0 };
}

async function verdictOn(verifier: Verifier, pair: VerifiedPair): Promise<Verdict> {
  return priced(await verifier.verify(pair, AbortSignal.any([]))).verdict;
}

/** One after the other, since some services limit calls at once. */
async function verdictsOn(verifier: Verifier, pairs: readonly VerifiedPair[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const pair of pairs) verdicts.push(await verdictOn(verifier, pair));
  return verdicts;
}
