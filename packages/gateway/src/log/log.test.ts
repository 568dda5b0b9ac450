import { AskonceError } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function failures(level: 'info' | 'warn'): readonly { readonly level: number; readonly requestId: string }[] {
  const lines: string[] = [];
  const log = createLog({
    level,
    bodies: false,
    clock: fakeClock(),
    destination: { write: (line) => lines.push(line) },
  });
  const failure = new AskonceError('provider_unreachable', 'The provider cannot be reached.');
  for (const requestId of ['one', 'two', 'three'])
    log.failed('/v1/chat/completions', requestId, failure, false);
  return lines.map((line) => JSON.parse(line));
}

it('each request has its line at info, also if it fails like the one before', () => {
  expect(failures('info').map(({ level, requestId }) => [level, requestId])).toEqual([
    [40, 'one'],
    [40, 'two'],
    [40, 'three'],
  ]);
});

it('a failure that repeats has one line a minute at warn', () => {
  expect(failures('warn').map(({ requestId }) => requestId)).toEqual(['one']);
});
