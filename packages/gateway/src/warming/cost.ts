/**
 * What the answers to warming used and cost, by the prices of the ledger.
 */
import type { Clock, Usage } from 'askonce';
import { protocols } from 'askonce/gateway-kit';
import type { Cost, PricedAnswer, Pricing } from 'askonce/ledger';
import type { WarmAnswer } from './asker.ts';
import type { WarmRequest } from './request.ts';

interface Spent {
  readonly usage: Usage | undefined;
  readonly cost: Cost;
}

/** The cost of a provider's answer. Never rejects. */
export type CostOf = (request: WarmRequest, provider: string, answer: WarmAnswer) => Promise<Spent>;

/** @param pricing called once, when there is something to price */
export function costs(pricing: () => Promise<Pricing>, clock: Clock): CostOf {
  let opened: Promise<Pricing> | undefined;
  return async (request, provider, answer) => {
    const { protocol, model } = request;
    const read = usedBy(request, answer);
    const priced: PricedAnswer = {
      provider,
      protocol,
      model: read.model ?? model,
      asked: model,
      usage: read.usage,
      at: clock.now(),
    };
    opened ??= pricing();
    try {
      const prices = await opened;
      if (prices.isKnown?.(priced) === false) await prices.learn?.([priced]);
      return { usage: read.usage, cost: prices.costOf(priced) };
    } catch {
      return { usage: read.usage, cost: { nano: 0, estimated: true, promptCacheNano: 0 } };
    }
  };
}

function usedBy(
  { protocol }: WarmRequest,
  { status, headers, body }: WarmAnswer,
): { readonly usage?: Usage | undefined; readonly model?: string | undefined } {
  if (status >= 400) return {};
  const type = headers['content-type'];
  const contentType = typeof type === 'string' ? type : 'application/json';
  return protocols[protocol].assess({ form: 'body', status, headers: { 'content-type': contentType }, body });
}
