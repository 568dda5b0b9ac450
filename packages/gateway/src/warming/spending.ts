/**
 * What warming has used and spent so far.
 */
import type { Usage } from 'askonce';

export interface WarmSpending {
  /** Of all calls, those for failed questions included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, by the ledger's prices; `costEstimated`: a part is an estimate. */
  readonly cost: number;
  readonly costEstimated: boolean;
}

export function spending() {
  let inputTokens = 0;
  let outputTokens = 0;
  let nano = 0;
  let estimated = false;
  return {
    add(usage: Usage | undefined, cost: { readonly nano: number; readonly estimated: boolean }): void {
      inputTokens += usage?.inputTokens ?? 0;
      outputTokens += usage?.outputTokens ?? 0;
      nano += cost.nano;
      estimated ||= cost.estimated;
    },
    figures: (): WarmSpending => ({
      inputTokens,
      outputTokens,
      cost: nano / 1e9,
      costEstimated: estimated,
    }),
  };
}
