/**
 * The contract of protocols as tests for any runner: for a protocol of your own.
 *
 * @example
 * describeProtocolContract({ protocol: mine, runner: { describe, it, expect }, questions: [{ title: 'chat', body, answers }] });
 */

import type { Protocol } from '../protocol/contract.ts';
import { addCases } from './contract-cases.ts';
import { type ProtocolQuestion, protocolCases } from './protocol-cases.ts';
import type { TestRunner } from './store-wanted.ts';

export type { ProtocolQuestion } from './protocol-cases.ts';

export interface ProtocolContractOptions {
  readonly protocol: Protocol;
  readonly runner: TestRunner;
  readonly questions: readonly ProtocolQuestion[];
  /** Cases that the protocol does not satisfy, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

export function describeProtocolContract(options: ProtocolContractOptions): void {
  const { protocol, runner, questions, deviations = {} } = options;
  const { describe, it, expect } = runner;
  describe(`the protocol ${protocol.name} satisfies the contract of protocols`, () => {
    addCases({
      runner,
      cases: protocolCases,
      deviations,
      async run({ run }) {
        for (const question of questions) run({ protocol, question, expect });
      },
    });
    it('has questions with answers to run the cases on', async () => {
      expect(questions.filter(({ answers }) => answers.length > 0).length > 0).toBe(true);
    });
  });
}
