/**
 * Length: a question that has every word of another and more to its subject asks for something narrower ("asthma",
 * "asthma in children"), and one with several times the words asks for more.
 */
import type { Guard } from '../contract.ts';
import { pairContent } from './pairing.ts';
import { between, symmetric } from './symmetric.ts';

/** So many times the words of the shorter question, and so many more, are still one question. */
const allowed = { times: 2, more: 3 } as const;

export const lengthGuard: Guard = symmetric((one, other, language) => {
  const { one: ours, other: theirs, onlyOne, onlyOther } = pairContent(one, other, language);
  const [fewer, more] = [Math.min(ours.length, theirs.length), Math.max(ours.length, theirs.length)];
  if (more > allowed.times * fewer + allowed.more) return `${fewer} / ${more} words that count`;
  const added = [...onlyOne, ...onlyOther];
  if (added.length === 0 || (onlyOne.length > 0 && onlyOther.length > 0)) return undefined;
  const words = added.map(({ written }) => written).join(' ');
  return onlyOne.length > 0 ? between(words, '') : between('', words);
});
