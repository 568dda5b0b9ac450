import { setImmediate as nextTurn } from 'node:timers/promises';
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

it('a reader that comes late gets the pieces from before it as one, and then what comes', async () => {
  const { body, seen, sink, write } = setUp();
  write('one ');
  write('two');
  body.live.subscribe(sink());
  write('three');
  await nextTurn();
  body.end();
  await nextTurn();
  expect(seen).toEqual(['one two', 'three', 'end']);
});

it('pieces that come in one turn are written as one, and those of another turn apart', async () => {
  const { body, seen, sink, write } = setUp();
  body.live.subscribe(sink());
  for (const text of ['a', 'b', 'c']) write(text);
  await nextTurn();
  write('d');
  await nextTurn();
  expect(seen).toEqual(['abc', 'd']);
});

it('a reader that comes after the end gets all pieces and the end', () => {
  const { body, seen, sink, write } = setUp();
  write('one');
  body.end();
  body.live.subscribe(sink());
  expect(seen).toEqual(['one', 'end']);
});

it('a reader gets the pieces before a failure, and then the failure', async () => {
  const { body, seen, sink, write } = setUp();
  body.live.subscribe(sink());
  write('one');
  body.fail(new Error('broke off'));
  await nextTurn();
  expect(seen).toEqual(['one', 'failed: broke off']);
});

it('the maker is asked to pause while the reader pauses, and nothing is written twice', async () => {
  const { body, seen, sink, write } = setUp();
  let hasRoom = false;
  const subscription = body.live.subscribe(sink(() => hasRoom));
  write('one');
  await nextTurn();
  write('two');
  await nextTurn();
  expect(seen).toEqual(['one', 'pause']);
  hasRoom = true;
  subscription.resume();
  expect(seen).toEqual(['one', 'pause', 'two', 'resume']);
  write('three');
  body.end();
  await nextTurn();
  expect(seen.slice(4)).toEqual(['three', 'end']);
});

it('the maker is asked to pause once 64 KiB wait for a reader that has not come', () => {
  const { body, seen, sink } = setUp();
  for (let count = 0; count < 3; count++) body.write(Buffer.alloc(40 * 1024));
  expect(seen).toEqual(['pause']);
  body.live.subscribe({ ...sink(), write: () => true });
  expect(seen).toEqual(['pause', 'resume']);
});

it('the maker hears once that the reader left before the end, and not after it', async () => {
  const early = setUp();
  early.body.live.subscribe(early.sink()).close();
  early.write('too late');
  await nextTurn();
  expect(early.seen[0]).toBe('left');
  expect(early.seen).not.toContain('too late');
  const late = setUp();
  const subscription = late.body.live.subscribe(late.sink());
  late.body.end();
  await nextTurn();
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
  expect(pieces.join('')).toBe('onetwo');
});
