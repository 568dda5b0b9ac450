import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followingStub, sampleBegan } from '../../../../test/support/following-stub.ts';
import { openaiChat } from '../protocol/openai/chat/protocol.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { Broadcast } from './broadcast.ts';
import { type Frame, readFrame } from './frames.ts';
import { LandedFlight } from './landed.ts';

const body = Buffer.from('an answer');
const landing = {
  head: { status: 200, headers: {}, streamed: false, sharing: undefined },
  recording: { form: 'body', status: 200, headers: {}, body },
  stored: true,
} as const;

/** A flight that has landed, and is asked for afterwards. */
async function askedAfterwards(isShared: () => boolean) {
  const published: Frame[] = [];
  const troubles: unknown[] = [];
  const clock = fakeClock();
  const broadcast = new Broadcast(
    {
      key: 'k',
      name: 'n',
      token: 't',
      flight: new LandedFlight(landing),
      began: () => sampleBegan,
      protocol: openaiChat,
      isShared,
    },
    {
      following: followingStub({
        publish: async (_key, _name, _token, frames) => {
          published.push(...frames.flatMap((frame) => readFrame(frame) ?? []));
        },
      }),
      clock,
      interestMs: 1_000,
      onTrouble: (error) => troubles.push(error),
    },
  );
  broadcast.landed(landing);
  broadcast.asked();
  await setImmediate();
  clock.advance(20);
  await setImmediate();
  broadcast.stop();
  return { kinds: published.map(({ kind }) => kind), troubles };
}

it('an answer that is for others is published when it is asked for after it has landed', async () => {
  expect(await askedAfterwards(() => true)).toEqual({
    kinds: ['began', 'head', 'bytes', 'end'],
    troubles: [],
  });
});

it('an answer that is not for others is never published', async () => {
  expect(await askedAfterwards(() => false)).toEqual({ kinds: ['began', 'left'], troubles: [] });
});

it('a protocol that fails to say whether an answer is for others is reported, and the answer is not published', async () => {
  const fault = new Error('an unexpected header');
  const outcome = await askedAfterwards(() => {
    throw fault;
  });
  expect(outcome).toEqual({ kinds: ['began', 'left'], troubles: [fault] });
});
