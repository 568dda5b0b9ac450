import type { GateName } from '../../../packages/askonce/src/semantic/contract.ts';

/** One question a line, under the gate that keeps it out; under `none`, what passes all gates. */
export type Examples = Readonly<Record<GateName | 'none', string>>;
