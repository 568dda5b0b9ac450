/**
 * What providers take off for answers that may come late, by the tier that the answer names.
 */

export interface TierShare {
  /** The part of the usual price that is billed. */
  readonly share: number;
  /** Whether the tier's price is known. */
  readonly isKnown: boolean;
}

const usual: TierShare = { share: 1, isKnown: true };
const half: TierShare = { share: 0.5, isKnown: true };
const unknown: TierShare = { share: 1, isKnown: false };

/** Names that providers give to their usual tier. */
const usualTiers: ReadonlySet<string> = new Set(['', 'default', 'standard', 'auto', 'on_demand']);

/** Tiers as the sellers' price lists document them, by the seller's id in the package. */
export const documentedTiers: ReadonlyMap<string, ReadonlyMap<string, TierShare>> = new Map([
  [
    'openai',
    new Map([
      ['batch', half],
      ['flex', half],
    ]),
  ],
  ['azure', new Map([['batch', half]])],
  ['anthropic', new Map([['batch', half]])],
  ['google', new Map([['batch', half]])],
  ['mistral', new Map([['batch', half]])],
  // Groq's flex tier may refuse requests, and costs what the usual one does.
  [
    'groq',
    new Map([
      ['batch', half],
      ['flex', usual],
    ]),
  ],
]);

/** How a tier is billed; a tier that is not known counts as the usual one. */
export function tierShare(seller: string | undefined, tier: string | undefined): TierShare {
  if (tier === undefined || usualTiers.has(tier)) return usual;
  return (seller === undefined ? undefined : documentedTiers.get(seller)?.get(tier)) ?? unknown;
}
