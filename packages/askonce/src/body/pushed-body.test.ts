import { expect, it } from 'vitest';
import type { Sink } from './live-body.ts';
import { pushedBody } from './pushed-body.ts';

function setUp() {
  const seen: string[] = [];
  const body = pushedBody({
    pause: () => seen.push('pause'),
    resume: () => seen.push('resume'),
    left: () => seen.push('left'),
  });
  const sink = (hasRoom: () => boolean = () => true): Sink => ({
    write(piece) {
      seen.push(Buffer.from(piece).toString());
      return hasRoom();
    },
    end: () => seen.push('end'),
    fail: (error) => seen.push(`failed: ${error.message}`),
  });
  return { body, seen, sink, write: (text: string) => body.write(Buffer.from(text)) };
}

it('a pushed body gives a late reader the pieces from before it, and then each as it comes', () => {
  const { body, seen, sink, write } = setUp();
  write('one');
  write('two');
  body.live.subscribe(sink());
  write('three');
  body.end();
  expect(seen).toEqual(['one', 'two', 'three', 'end']);
});

it('a pushed body gives a reader after its end all pieces and the end', () => {
  const { body, seen, sink, write } = setUp();
  write('one');
  body.end();
  body.live.subscribe(sink());
  expect(seen).toEqual(['one', 'end']);
});

it('a pushed body gives a reader the pieces before a failure, and then the failure', () => {
  const { body, seen, sink, write } = setUp();
  write('one');
  body.fail(new Error('broke off'));
  body.live.subscribe(sink());
  expect(seen).toEqual(['one', 'failed: broke off']);
});

it('a pushed body asks its maker to pause while the reader pauses, and delivers no piece twice', () => {
  const { body, seen, sink, write } = setUp();
  let hasRoom = false;
  const subscription = body.live.subscribe(sink(() => hasRoom));
  write('one');
  write('two');
  expect(seen).toEqual(['one', 'pause']);
  hasRoom = true;
  subscription.resume();
  expect(seen).toEqual(['one', 'pause', 'two', 'resume']);
  write('three');
  body.end();
  expect(seen.slice(4)).toEqual(['three', 'end']);
});

it('a pushed body asks its maker to pause once 64 KiB wait for a reader that has not come', () => {
  const { body, seen, sink } = setUp();
  for (let count = 0; count < 3; count++) body.write(Buffer.alloc(40 * 1024));
  expect(seen).toEqual(['pause']);
  body.live.subscribe({ ...sink(), write: () => true });
  expect(seen).toEqual(['pause', 'resume']);
});

it('a pushed body reports once that the reader left before the end, and not after it', () => {
  const early = setUp();
  early.body.live.subscribe(early.sink()).close();
  expect(early.seen).toEqual(['left']);
  const late = setUp();
  const subscription = late.body.live.subscribe(late.sink());
  late.body.end();
  subscription.close();
  expect(late.seen).toEqual(['end']);
});

it('a pushed body can be read as an async iterator', async () => {
  const { body, write } = setUp();
  write('one');
  write('two');
  body.end();
  const pieces: string[] = [];
  for await (const piece of body.live) pieces.push(Buffer.from(piece).toString());
  expect(pieces).toEqual(['one', 'two']);
});
