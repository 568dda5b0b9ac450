import { expect, it } from 'vitest';
import { isStream, newRecordingId } from './entry.ts';

it('each recording has its own id of 16 hex digits', () => {
  const ids = Array.from({ length: 1000 }, newRecordingId);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
});

it.each([
  ['body', false],
  ['body+base64', false],
  ['stream', true],
  ['stream+usage', true],
  ['stream+unpadded', true],
  ['stream+usage+unpadded', true],
] as const)('whether %s is a stream: %s', (form, expected) => {
  expect(isStream(form)).toBe(expected);
});
