/** Parts of a followed flight, for tests of what leads one and of what follows it, without a store. */
import type { Began } from '../../packages/askonce/src/distributed/frames.ts';
import type { Following } from '../../packages/askonce/src/store/shared.ts';

/** The first frame of a flight. */
export const sampleBegan: Began = {
  kind: 'began',
  recordingId: 'ab',
  credential: 'c',
  failsFor: 'f',
  log: '',
  position: 0,
  tagDigests: [],
};

/** A service through which nothing is asked for, and nothing followed or published but by `own`. */
export function followingStub(own: Partial<Following>): Following {
  return {
    inbox: 'i',
    publish: async () => {},
    onAsked: () => () => {},
    ask: async () => {},
    follow: () => {
      throw new Error('nothing is followed here');
    },
    ...own,
  };
}
