import { expect, it, vi } from 'vitest';
import type { ObservedEvent } from './events.ts';
import { messageOf, notify, observeTrouble, ReportedError, reportTrouble } from './report.ts';

it('an error that a listener throws or rejects with reaches neither the caller nor the process', async () => {
  const rejections = vi.fn();
  process.on('unhandledRejection', rejections);
  const received: number[] = [];
  notify((event) => received.push(event), 1);
  notify(() => {
    throw new Error('broken');
  }, 2);
  notify(() => Promise.reject(new Error('broken')), 3);
  await new Promise<void>((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', rejections);
  expect(received).toEqual([1]);
  expect(rejections).not.toHaveBeenCalled();
});

it('a thrown value has a message, whatever it is', () => {
  expect([new TypeError('broken'), 'text', undefined].map(messageOf)).toEqual([
    'broken',
    'unknown error',
    'unknown error',
  ]);
});

it('trouble within a store reaches the listener of its options, if there is one', () => {
  const trouble = { store: 'sqlite', operation: 'set', message: 'disk full' } as const;
  const received: unknown[] = [];
  reportTrouble((one) => received.push(one), trouble);
  reportTrouble(undefined, trouble);
  expect(received).toEqual([trouble]);
});

it('a failed call to the store is observed once, and not again where the store has reported it', () => {
  const events: ObservedEvent[] = [];
  const reporter = { store: { name: 'redis' }, observe: (event: ObservedEvent) => events.push(event) };
  observeTrouble(reporter, 'get', new Error('connection lost'));
  observeTrouble(reporter, 'get', new ReportedError('the store is left alone'));
  expect(events).toEqual([
    { type: 'store-trouble', store: 'redis', operation: 'get', message: 'connection lost' },
  ]);
});
