import { describe, expect, it } from 'vitest';
import { serverSentEvents } from '../protocol/framings/server-sent-events.ts';
import { EventRecorder } from './event-recorder.ts';

describe('an event recorder', () => {
  it('an event recorder notes where each event ends, and when it arrived', () => {
    const recorder = new EventRecorder(serverSentEvents.cutter(), 10);
    recorder.push(Buffer.from('data: a\n\ndata'), 5.4);
    recorder.push(Buffer.from(': b\r\n\r'), 7.6);
    expect(recorder.finish(9)).toEqual({ ends: Uint32Array.of(9, 19), at: Uint32Array.of(5, 9) });
  });

  it('an event recorder notes a limited number of events, and returns none beyond it', () => {
    const events = (count: number) => Buffer.from('\n'.repeat(count));
    const [full, over] = [
      new EventRecorder(serverSentEvents.cutter(), 1_000),
      new EventRecorder(serverSentEvents.cutter(), 1_000),
    ];
    full.push(events(1_000), 1);
    over.push(events(1_001), 1);
    expect(full.finish(2)?.ends.length).toBe(1_000);
    expect(over.finish(2)).toBeUndefined();
  });
});
