import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const names = ['port', 'host', 'bodyLimit', 'scope', 'maxHeaders', 'maxHeaderBytes'];

it.each([
  ['prot', 'port'],
  ['ports', 'port'],
  ['PORT', 'port'],
  ['hots', 'host'],
  ['bodylimit', 'bodyLimit'],
  ['body_limits', 'bodyLimit'],
  ['maxHeader', 'maxHeaders'],
  ['maxHeadersBytes', 'maxHeaderBytes'],
])('the slip %s is recognised as %s', (word, name) => {
  expect(nearest(word, names)).toBe(name);
});

it.each(['parking', 'noSuch', 'x', '', 'limit', 'toString'])('%j is no slip of any name', (word) => {
  expect(nearest(word, names)).toBe(undefined);
});
