/**
 * The cases of a contract suite as tests: each passes, or fails where its title is among the deviations, each of which
 * names a case.
 */
import type { TestRunner } from './store-wanted.ts';

export interface ContractCases<Case extends { readonly title: string }> {
  readonly runner: Pick<TestRunner, 'it' | 'expect'>;
  readonly cases: readonly Case[];
  /** All cases that a deviation may name. Default: `cases`. */
  readonly known?: readonly { readonly title: string }[] | undefined;
  /** Reasons by the titles of the cases that must fail. */
  readonly deviations: Readonly<Record<string, string>>;
  /** Runs a case; rejects if it fails. */
  run(one: Case): Promise<void>;
}

/** To be called within the suite's `describe`. */
export function addCases<Case extends { readonly title: string }>({
  runner: { it, expect },
  cases,
  known = cases,
  deviations,
  run,
}: ContractCases<Case>): void {
  for (const one of cases) {
    const { title } = one;
    const reason = deviations[title];
    if (reason === undefined) it(title, () => run(one));
    else
      it(`deviates: ${title} (${reason})`, async () => {
        const passes = await run(one).then(
          () => true,
          () => false,
        );
        expect(passes, 'the case passes, so it is not a deviation').toBe(false);
      });
  }
  it('deviates only from cases that exist', async () => {
    const titles = new Set(known.map(({ title }) => title));
    expect(Object.keys(deviations).filter((title) => !titles.has(title))).toEqual([]);
  });
}
