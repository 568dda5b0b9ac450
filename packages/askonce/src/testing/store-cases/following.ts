/** Cases on streams between processes. */
import { randomBytes } from 'node:crypto';
import type { Following } from '../../store/shared.ts';
import type { FakeClock } from '../fake-clock.ts';
import type { StoreCase } from '../store-case.ts';
import { capable, eventually, meanwhile, onTwoHandles } from './capable.ts';

const capability = 'following';
const minute = 60_000;

const text = (frames: readonly Uint8Array[]) => frames.map((frame) => Buffer.from(frame).toString('latin1'));
const frames = (...texts: string[]) => texts.map((each) => Buffer.from(each, 'latin1'));

/** A follower that notes what comes, until it is ended. */
function follower(
  following: Following,
  clock: FakeClock,
  key: string,
  name: string,
  id: string,
  idleMs = 40,
) {
  const leaving = new AbortController();
  const got: Uint8Array[] = [];
  let idle = 0;
  const read = async () => {
    for await (const batch of following.follow(key, name, id, idleMs, leaving.signal)) {
      if (batch.length === 0) idle += 1;
      got.push(...batch);
    }
  };
  const ended = read();
  return {
    got,
    idle: () => idle,
    /** Once this many frames have come, or more. */
    has: (count: number) => eventually(clock, () => (got.length >= count ? true : undefined)),
    end() {
      leaving.abort();
      return meanwhile(clock, ended);
    },
  };
}

export const following: readonly StoreCase[] = [
  {
    title:
      'delivers each frame once and in order from the first one on to every follower, on either handle, early or late',
    capability,
    async run(context) {
      const { clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('flight');
      const early = [one, other].map((each) => follower(each, clock, key, '', 'id1'));
      const written: string[] = [];
      for (let batch = 0; batch < 20; batch++) {
        const some = Array.from({ length: 1 + (batch % 5) }, (_none, index) => `frame ${batch}.${index}`);
        written.push(...some);
        await one.publish(key, '', 'id1', frames(...some), minute);
        if (batch % 7 === 3) await Promise.all(early.map((each) => each.has(written.length)));
      }
      const late = [one, other].map((each) => follower(each, clock, key, '', 'id1'));
      for (const each of [...early, ...late]) await each.has(written.length);
      await one.publish(key, '', 'id1', frames('live'), minute);
      for (const each of [...early, ...late]) {
        await each.has(written.length + 1);
        await each.end();
        expect(text(each.got)).toEqual([...written, 'live']);
      }
    },
  },
  {
    title: 'delivers frames byte for byte, including empty and large ones',
    capability,
    async run(context) {
      const { clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const everyByte = Uint8Array.from({ length: 256 }, (_none, index) => index);
      const sent = [everyByte, Buffer.alloc(0), randomBytes(262_144), Buffer.from('\r\n{"é":1}')];
      const reader = follower(other, clock, keyOf('bytes'), 'stream', 'id');
      await one.publish(keyOf('bytes'), 'stream', 'id', sent, minute);
      await reader.has(sent.length);
      await reader.end();
      expect(reader.got.map((frame) => Buffer.from(frame).equals(Buffer.alloc(0)))).toEqual([
        false,
        true,
        false,
        false,
      ]);
      expect(
        reader.got.map((frame, index) => Buffer.compare(frame, sent[index] ?? Buffer.from('?'))),
      ).toEqual([0, 0, 0, 0]);
    },
  },
  {
    title: 'distinguishes streams by id, name and key',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const streams = [
        ['a', '', 'id1'],
        ['a', '', 'id2'],
        ['a', 'stream', 'id1'],
        ['b', '', 'id1'],
      ] as const;
      for (const [entry, name, id] of streams)
        await service.publish(keyOf(entry), name, id, frames(`${entry}/${name}/${id}`), minute);
      for (const [entry, name, id] of streams) {
        const reader = follower(service, clock, keyOf(entry), name, id);
        await reader.has(1);
        await eventually(clock, () => (reader.idle() > 0 ? true : undefined));
        await reader.end();
        expect(text(reader.got)).toEqual([`${entry}/${name}/${id}`]);
      }
    },
  },
  {
    title: 'yields an empty list while no frame arrives, and continues',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const reader = follower(service, clock, keyOf('idle'), '', 'id', 20);
      await eventually(clock, () => (reader.idle() >= 2 ? true : undefined));
      await service.publish(keyOf('idle'), '', 'id', frames('first'), minute);
      await reader.has(1);
      const before = reader.idle();
      await eventually(clock, () => (reader.idle() > before ? true : undefined));
      await service.publish(keyOf('idle'), '', 'id', frames('second'), minute);
      await reader.has(2);
      await reader.end();
      expect(text(reader.got)).toEqual(['first', 'second']);
    },
  },
  {
    title:
      'ends following when the signal aborts although no frame arrives, and leaves other followers alone',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const key = keyOf('left');
      for await (const batch of service.follow(key, '', 'id', minute, AbortSignal.abort())) {
        expect(batch, 'after it was left').toEqual(undefined);
      }
      const stays = follower(service, clock, key, '', 'id', 10 * minute);
      for (let turn = 0; turn < 5; turn++) {
        const leaves = follower(service, clock, key, '', 'id', 10 * minute);
        if (turn % 2 === 0) await service.publish(key, '', 'id', frames(`turn ${turn}`), minute);
        await leaves.end();
      }
      await stays.has(3);
      await stays.end();
      expect(text(stays.got)).toEqual(['turn 0', 'turn 2', 'turn 4']);
    },
  },
  {
    title: 'lets a follower leave in the middle of a stream',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const key = keyOf('broken off');
      await service.publish(key, '', 'id', frames('a', 'b'), minute);
      const signal = new AbortController().signal;
      const readFirst = async () => {
        for await (const batch of service.follow(key, '', 'id', minute, signal)) return text(batch)[0];
        return undefined;
      };
      expect(await meanwhile(clock, readFirst())).toBe('a');
      expect(await meanwhile(clock, readFirst())).toBe('a');
    },
  },
  {
    title: 'drops a stream once it has expired',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const key = keyOf('expiring');
      await service.publish(key, '', 'id', frames('gone soon'), 60);
      const isGone = await eventually(clock, async () => {
        const reader = follower(service, clock, key, '', 'id', 10);
        await eventually(clock, () => (reader.got.length + reader.idle() > 0 ? true : undefined));
        await reader.end();
        return reader.got.length === 0 ? true : undefined;
      });
      expect(isGone).toBe(true);
    },
  },
  {
    title: 'delivers a request to publish to the inbox that is named, and to no other',
    capability,
    async run(context) {
      const { clock, keyOf, store, another, expect } = context;
      const asked = capable(store, capability);
      const second = await another();
      const asking = second === undefined ? asked : capable(second, capability);
      expect(asked.inbox.length > 0 && !asked.inbox.includes('/')).toBe(true);
      expect(asked.inbox === asking.inbox).toBe(second === undefined);
      const heard: string[] = [];
      const strays: string[] = [];
      const listening = asked.onAsked((key, name) => heard.push(`${key} ${name}`));
      const stray = second === undefined ? () => {} : asking.onAsked((key) => strays.push(key));
      const key = keyOf('wanted');
      const isAsked = async (name: string) => {
        await asking.ask(asked.inbox, key, name);
        return heard.includes(`${key} ${name}`) ? true : undefined;
      };
      await eventually(clock, () => isAsked(''));
      await eventually(clock, () => isAsked('stream'));
      await asking.ask('no inbox', key, 'no flight');
      listening();
      const before = heard.length;
      const again: string[] = [];
      const relistening = asked.onAsked((_key, name) => again.push(name));
      await eventually(clock, async () => {
        await asking.ask(asked.inbox, key, 'again');
        return again.length > 0 ? true : undefined;
      });
      expect(heard.length).toBe(before);
      expect(new Set(heard)).toEqual(new Set([`${key} `, `${key} stream`]));
      expect(strays).toEqual([]);
      relistening();
      stray();
    },
  },
];
