import { expect, it } from 'vitest';
import { prettyLine } from './pretty.ts';

const time = '2026-11-29T12:34:56.789Z';

it('a log line on a terminal has its time, level, message and fields', () => {
  const line = JSON.stringify({ level: 30, time, path: '/v1/models', status: 200, msg: 'answered' });
  expect(prettyLine(`${line}\n`)).toBe('12:34:56.789 info  answered path=/v1/models status=200\n');
  expect(prettyLine(JSON.stringify({ level: 40, time, msg: 'careful' }))).toBe(
    '12:34:56.789 WARN  careful\n',
  );
  expect(prettyLine(JSON.stringify({ level: 10, time, a: { b: [1] } }))).toBe(
    '12:34:56.789 trace  a={"b":[1]}\n',
  );
});

it('a field cannot write control characters to the terminal', () => {
  const line = JSON.stringify({ level: 30, time, path: '/a\u001b[2J b\u009b', msg: 'x' });
  expect(prettyLine(line)).toBe('12:34:56.789 info  x path="/a\\u001b[2J b?"\n');
});

it('neither the message nor a nested field can write control characters to the terminal', () => {
  const line = JSON.stringify({ level: 50, time, msg: 'no\u001b[2J\nway', nested: { path: 'a\u009b' } });
  expect(prettyLine(line)).toBe('12:34:56.789 ERROR no?[2J?way nested={"path":"a?"}\n');
});

it('what is no log line is written as it is', () => {
  expect(prettyLine('plain text\n')).toBe('plain text\n');
});
