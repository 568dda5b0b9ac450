import { pino } from 'pino';
import { expect, it } from 'vitest';
import { gathered } from './gathered.ts';

function setUp() {
  const written: string[] = [];
  const destination = gathered((text) => written.push(text));
  const messages = () =>
    written.map((text) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).msg),
    );
  return { log: pino({ base: null }, destination), destination, messages };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('the lines of one turn of the event loop are written together at its end', async () => {
  const { log, messages } = setUp();
  log.info('a');
  log.info('b');
  expect(messages()).toEqual([]);
  await turn();
  log.info('c');
  await turn();
  expect(messages()).toEqual([['a', 'b'], ['c']]);
});

it('a warning is written at once, behind the lines before it', async () => {
  const { log, messages } = setUp();
  log.info('before');
  log.warn('trouble');
  expect(messages()).toEqual([['before', 'trouble']]);
  await turn();
  expect(messages()).toHaveLength(1);
});

it('an appended line is written in its place among the lines of pino, and waits behind a warning', async () => {
  const { log, destination, messages } = setUp();
  log.info('a');
  destination.append('{"msg":"b"}\n');
  log.warn('trouble');
  destination.append('{"msg":"c"}\n');
  expect(messages()).toEqual([['a', 'b', 'trouble']]);
  await turn();
  expect(messages()).toEqual([['a', 'b', 'trouble'], ['c']]);
});

it('many lines in one turn are written before it ends', () => {
  const { log, messages } = setUp();
  for (let line = 0; line < 100; line++) log.info('x'.repeat(1_000));
  expect(messages().flat().length).toBeGreaterThan(80);
});

it('lines that are held are written when the log is flushed', () => {
  const { log, destination, messages } = setUp();
  log.info('a');
  destination.flush();
  expect(messages()).toEqual([['a']]);
});
