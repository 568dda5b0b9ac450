import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesFrame, type Control, controlFrame, type Frame, readFrame } from './frames.ts';

const control: readonly Control[] = [
  {
    kind: 'began',
    recordingId: 'abc0123456789def',
    credential: 'c',
    failsFor: 'f',
    log: 'l',
    position: 7,
    tagDigests: ['one', 'two'],
  },
  { kind: 'head', status: 200, headers: { 'content-type': 'text/event-stream', warning: ['a', 'b'] } },
  { kind: 'beat' },
  { kind: 'end', length: 12, stored: true },
  { kind: 'failed', code: 'provider_timeout', message: 'ünicode' },
  { kind: 'left', why: 'outgrown' },
];

it.each(control)('the frame %j is read as it was written', (frame) => {
  expect(readFrame(controlFrame(frame))).toEqual(frame);
});

it('the first frame of a later build is read without the fields that it adds', () => {
  const [began] = control;
  const later = Buffer.from(`\u0001${JSON.stringify({ ...began, addedLater: { any: 'value' } })}`);
  expect(readFrame(later)).toEqual(began);
});

it('bytes and their offset are read as they were written, also from a part of a larger buffer', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.uint8Array({ maxLength: 100 }), (offset, bytes) => {
      const written = bytesFrame(offset, bytes);
      const larger = Buffer.concat([Buffer.from('before'), written, Buffer.from('behind')]);
      const read: Frame | undefined = readFrame(larger.subarray(6, 6 + written.length));
      expect(read).toMatchObject({ kind: 'bytes', offset });
      expect(read?.kind === 'bytes' && Buffer.compare(read.bytes, bytes)).toBe(0);
    }),
  );
});

it('other bytes are not taken for a frame, and never make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const read = readFrame(bytes);
      expect(read === undefined || (read.kind === 'bytes' && bytes[0] === 0 && bytes.length >= 7)).toBe(true);
    }),
  );
  const not = [
    '',
    '\u0001',
    '\u0001{}',
    '\u0001{"kind":"beat","more":1}',
    '\u0001{"kind":"end"}',
    '\u0002{}',
  ];
  for (const text of not) expect(readFrame(Buffer.from(text))).toBe(undefined);
});
