import { expect, it, vi } from 'vitest';
import { detectLanguage } from './detect.ts';

vi.mock('node:module', async (load) => ({
  ...(await load<typeof import('node:module')>()),
  createRequire: () => () => {
    throw new Error('not bundled');
  },
}));

it('where the data is not there, no language is told but by its letters, and nothing fails', () => {
  expect(detectLanguage('Where is my parcel?')).toBe('und');
  expect(detectLanguage('איפה החבילה שלי?')).toBe('he');
});
