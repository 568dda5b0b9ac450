/**
 * Which callers are served semantic hits: a share of them, the same on every machine with one secret. All other requests are
 * in shadow. A larger share contains the smaller one, so that no caller loses what it is served when it grows.
 */
import type { Engine } from '../engine/engine.ts';
import type { Questioner } from './question.ts';
import type { RollOutStatus, WhyInShadow } from './report.ts';

export interface RollOut {
  /** Undefined if the request is served. */
  whyInShadow(asked: Questioner): WhyInShadow | undefined;
  /** A semantic hit was served. */
  served(): void;
  status(): RollOutStatus;
}

export function rollOut({ flags, digestCaller }: Pick<Engine, 'flags' | 'digestCaller'>): RollOut {
  let counted = { percent: flags.shares.semanticRollout, served: 0 };

  function now(): typeof counted {
    const percent = flags.shares.semanticRollout;
    if (percent !== counted.percent) counted = { percent, served: 0 };
    return counted;
  }

  return {
    whyInShadow({ identity: { user, session, key } }) {
      const percent = flags.shares.semanticRollout;
      if (percent === 100) return undefined;
      if (percent === 0) return 'mode';
      const caller = digestCaller.user(user) ?? digestCaller.session(session) ?? key;
      return flags.isOn('semanticRollout', caller) ? undefined : 'rollout';
    },
    served() {
      now().served++;
    },
    status() {
      const { percent, served } = now();
      return { mode: percent === 0 ? 'shadow' : 'serve', percent, served };
    },
  };
}
