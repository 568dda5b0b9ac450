import { expect, it, vi } from 'vitest';
import { detectLanguage } from './detect.ts';

vi.mock('node:module', async (load) => ({
  ...(await load<typeof import('node:module')>()),
  createRequire: () => () => {
    throw new Error('not bundled');
  },
}));

it('without the data only letters reveal a language, and nothing fails', () => {
  expect(detectLanguage('Where is my parcel?')).toBe('und');
  expect(detectLanguage('איפה החבילה שלי?')).toBe('he');
});
