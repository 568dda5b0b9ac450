import { describe, expect, it } from 'vitest';
import { forkingLog } from '../../../../test/support/forking-log.ts';
import { settled } from '../../../../test/support/gated-provider.ts';
import type { ObservedEvent } from '../observe/events.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { originOf } from './history.ts';
import type { LogPosition, Provenance } from './log.ts';
import { openInvalidationLog } from './open.ts';

function setUp() {
  const clock = fakeClock();
  const server = forkingLog(clock);
  const events: ObservedEvent[] = [];
  const lost = { times: 0 };
  const open = () => {
    const client = server.client();
    const log = openInvalidationLog({
      store: { name: 'model', shared: { log: client } },
      clock,
      observe: (event) => events.push(event),
      onLost: () => {
        lost.times += 1;
      },
    });
    return { client, log };
  };
  return { clock, server, events, lost, open };
}

function answerAt({ log, number }: LogPosition, tagDigests: readonly string[] = ['aa']): Provenance {
  return { key: 'p:v1:x:en:{1}', began: number, log, tagDigests };
}

describe('a followed invalidation log', () => {
  it('a followed log reads the log at once, and is not current before that', async () => {
    const { open } = setUp();
    const { log } = open();
    const early = answerAt(log.position);
    expect(log.isCurrent).toBe(false);
    expect(await log.catchUp()).toBe(true);
    expect(log.isCurrent).toBe(true);
    expect([log.verdict(early), log.verdict(answerAt(log.position))]).toEqual(['invalidated', 'valid']);
    log.close();
  });

  it('a followed log is current for a second after the reading was sent, however long the reply took', async () => {
    const { clock, open } = setUp();
    const { client, log } = open();
    await settled();
    clock.advance(240);
    client.delayMs = 900;
    clock.advance(460);
    await settled();
    clock.advance(450);
    await settled();
    // Sent at 250, received at 1 150.
    expect(log.isCurrent).toBe(true);
    client.isCutOff = true;
    clock.advance(100);
    expect(log.isCurrent).toBe(true);
    clock.advance(1);
    expect(log.isCurrent).toBe(false);
    expect([
      log.isCurrentFor(clock.monotonic() - 1_000),
      log.isCurrentFor(clock.monotonic() - 1_001),
    ]).toEqual([true, false]);
    log.close();
  });

  it('a followed log catches up with every row appended before the call, even while an older reading is in progress', async () => {
    const { clock, server, open } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    const before = answerAt(other.log.position);
    server.messages = false;
    other.client.delayMs = 100;
    const early = other.log.catchUp();
    clock.advance(60);
    await settled();
    await one.log.append([{ clauses: [['aa']] }]);
    const late = other.log.catchUp();
    clock.advance(60);
    await settled();
    expect([await early, other.log.verdict(before)]).toEqual([true, 'valid']);
    for (let half = 0; half < 2; half++) {
      clock.advance(60);
      await settled();
    }
    expect([await late, other.log.verdict(before)]).toEqual([true, 'invalidated']);
    one.log.close();
    other.log.close();
  });

  it('a followed log applies a row that it has appended, even when the log can no longer be read', async () => {
    const { open } = setUp();
    const { client, log } = open();
    await settled();
    const before = answerAt(log.position);
    const other = answerAt(log.position, ['bb']);
    const { read } = client;
    client.read = () => Promise.reject(new Error('gone'));
    await log.append([{ clauses: [['aa']] }]);
    expect([log.verdict(before), log.verdict(other)]).toEqual(['invalidated', 'valid']);
    client.read = read;
    await log.catchUp();
    expect([log.verdict(before), log.verdict(answerAt(log.position))]).toEqual(['invalidated', 'valid']);
    log.close();
  });

  it('a followed log applies a row as soon as the store confirms it, before a reading has shown it', async () => {
    const { clock, server, open } = setUp();
    const { client, log } = open();
    await settled();
    const before = answerAt(log.position);
    server.messages = false;
    client.delayMs = 100;
    const appending = log.append([{ clauses: [['aa']] }]);
    for (let half = 0; half < 2; half++) {
      expect(log.verdict(before)).toBe('valid');
      clock.advance(50);
      await settled();
    }
    expect([log.verdict(before), log.position.number]).toEqual(['invalidated', 0]);
    for (let half = 0; half < 2; half++) {
      clock.advance(50);
      await settled();
    }
    await appending;
    expect([log.verdict(before), log.position.number]).toEqual(['invalidated', 1]);
    log.close();
  });

  it('a followed log rejects an invalidation that it could not append, and reports trouble once', async () => {
    const { clock, events, open } = setUp();
    const { client, log } = open();
    await settled();
    client.isCutOff = true;
    await expect(log.append([{ clauses: [] }])).rejects.toMatchObject({
      code: 'invalidation_failed',
      status: 503,
    });
    events.length = 0;
    for (let poll = 0; poll < 8; poll++) {
      clock.advance(250);
      await settled();
    }
    expect([log.isCurrent, log.isInTrouble]).toEqual([false, true]);
    expect(events).toEqual([
      { type: 'store-trouble', store: 'model', operation: 'log', message: 'the log is out of reach' },
    ]);
    client.isCutOff = false;
    clock.advance(250);
    await settled();
    expect([log.isCurrent, log.isInTrouble]).toEqual([true, false]);
    log.close();
  });

  it('a followed log reports that the log was lost, and treats everything from before as invalid', async () => {
    const { server, events, lost, open } = setUp();
    const { log } = open();
    await log.append([{ clauses: [['bb']] }]);
    const before = answerAt(log.position);
    server.restartEmpty();
    await log.catchUp();
    expect([log.verdict(before), lost.times]).toEqual(['invalidated', 1]);
    expect(events.map(({ type }) => type)).toEqual(['log-lost']);
    log.close();
  });

  it('a followed log appends rows that a fail-over lost again, once, although two processes remember them', async () => {
    const { clock, server, open } = setUp();
    const one = open();
    await settled();
    clock.advance(100);
    const other = open();
    await settled();
    const before = answerAt(one.log.position);
    await one.log.append([{ clauses: [['aa']] }]);
    await other.log.catchUp();
    const ids = server.rows.map(({ id }) => originOf(id));
    server.failOver(1);
    const replacement = open();
    await settled();
    expect(replacement.log.verdict(before)).toBe('valid');
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(50);
      await settled();
    }
    expect(server.rows.map(({ id }) => originOf(id))).toEqual(ids);
    expect(server.rows[0]?.number).toBeGreaterThan(1);
    expect([one, other, replacement].map(({ log }) => log.verdict(before))).toEqual(
      Array.from({ length: 3 }, () => 'invalidated'),
    );
    for (const { log } of [one, other, replacement]) log.close();
  });

  it('a followed log treats a row that it cannot read as an invalidation of everything', async () => {
    const { open } = setUp();
    const { client, log } = open();
    await settled();
    const before = answerAt(log.position);
    await client.append([{ id: 'newer', what: '{"clauses":[],"anythingElse":1}' }], 0);
    await log.catchUp();
    expect([log.verdict(before), log.verdict(answerAt(log.position))]).toEqual(['invalidated', 'valid']);
    log.close();
  });
});
