/**
 * What becomes of the one call when clients leave.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordedAnswer } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { completion } from './support/chat.ts';
import { type Gates, gates } from './support/gates.ts';
import { cacheStatusHeader } from './support/gateway.ts';
import {
  all,
  bytesOf,
  heldBody,
  heldStream,
  path,
  pieces,
  plain,
  setUpHeld,
  stream,
  streamed,
} from './support/held-gateway.ts';

describe('a leader’s client that leaves', () => {
  it('when the leader’s client leaves before the answer, the others get all of it from the one call', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUpHeld(() => heldBody(held));
    const leader = listen(plain);
    await gateway.happened('provider-call', 1);
    const followers = Array.from({ length: 10 }, () => listen(plain));
    await gateway.happened('joined', 10);
    leader.hangUp();
    await expect(leader.whole).rejects.toThrow();
    await nextTurn();
    held.open(all);
    for (const { whole } of followers) expect(String(await whole)).toBe(completion());
    expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
  });

  it.each(['finish', 'cancel'] as const)(
    'when the leader’s client leaves in mid-stream, the others get every byte (abandoned: %s)',
    async (abandoned) => {
      const held = gates();
      const { provider, gateway, listen } = await setUpHeld(() => heldStream(held), { abandoned });
      held.open(5);
      const leader = listen(stream);
      await leader.receives(bytesOf(5));
      const followers = Array.from({ length: 10 }, () => listen(stream));
      await Promise.all(followers.map((follower) => follower.receives(bytesOf(5))));
      leader.hangUp();
      await expect(leader.whole).rejects.toThrow();
      held.open(20);
      await Promise.all(followers.map((follower) => follower.receives(bytesOf(20))));
      held.open(all);
      for (const { whole } of followers) expect((await whole).equals(streamed)).toBe(true);
      expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
      expect(cacheStatusHeader(await gateway.ask(path, stream))).toContain('; hit');
    },
  );
});

describe('an answer whose clients have all left', () => {
  async function leave(
    answer: (held: Gates) => RecordedAnswer,
    settings: GatewaySettingsInput,
    form: 'body' | 'stream',
  ) {
    const held = gates();
    const made = await setUpHeld(() => answer(held), settings);
    const listeners = [made.listen(form === 'body' ? plain : stream)];
    await made.gateway.happened('provider-call', 1);
    listeners.push(made.listen(form === 'body' ? plain : stream));
    await made.gateway.happened('joined', 1);
    held.open(form === 'body' ? 0 : 5);
    if (form === 'stream') await Promise.all(listeners.map((listener) => listener.receives(bytesOf(5))));
    for (const { hangUp } of listeners) hangUp();
    await Promise.all(listeners.map(({ whole }) => expect(whole).rejects.toThrow()));
    return { ...made, held };
  }

  it.each(['body', 'stream'] as const)('an abandoned %s is finished and stored', async (form) => {
    const { provider, gateway, held } = await leave(form === 'body' ? heldBody : heldStream, {}, form);
    held.open(all);
    await gateway.happened('stored', 1);
    expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
    const stored = await gateway.ask(path, form === 'body' ? plain : stream);
    expect(cacheStatusHeader(stored)).toContain('; hit');
    expect(String(stored.body)).toBe(form === 'body' ? completion() : String(streamed));
  });

  it.each(['body', 'stream'] as const)(
    'an abandoned %s is cancelled if the settings say so',
    async (form) => {
      const answer = form === 'body' ? heldBody : heldStream;
      const { provider, gateway, held } = await leave(answer, { abandoned: 'cancel' }, form);
      await expect.poll(() => provider.abandoned).toBe(1);
      held.open(all);
      expect(gateway.count('stored')).toBe(0);
      expect(cacheStatusHeader(await gateway.ask(path, form === 'body' ? plain : stream))).toContain(
        'fwd=miss',
      );
      expect(provider.calls).toBe(2);
    },
  );

  it('an abandoned stream that goes on for too long is cancelled', async () => {
    const { provider, gateway } = await leave(heldStream, { abandonedMs: 20 }, 'stream');
    await expect.poll(() => provider.abandoned).toBe(1);
    expect(gateway.count('stored')).toBe(0);
  });

  it('an abandoned stream that brings too many bytes is cancelled', async () => {
    const { provider, gateway, held } = await leave(heldStream, { abandonedBytes: 1000 }, 'stream');
    held.open(pieces.length);
    await expect.poll(() => provider.abandoned).toBe(1);
    expect(gateway.count('stored')).toBe(0);
  });

  it('an abandoned stream that a client joins again is relayed to its end', async () => {
    const { provider, held, listen } = await leave(heldStream, {}, 'stream');
    const late = listen(stream);
    await late.receives(bytesOf(5));
    held.open(all);
    expect((await late.whole).equals(streamed)).toBe(true);
    expect(provider.calls).toBe(1);
  });
});
