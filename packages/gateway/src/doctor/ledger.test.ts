import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProvider } from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { diagnose } from './diagnose.ts';

async function checksWith(environment: Record<string, string>) {
  const provider = await startProvider((_, response) => response.end());
  const folder = temporaryFolder();
  const checks = await diagnose({
    workingDirectory: folder,
    environment: {
      ASKONCE_DATA_DIR: folder,
      OPENAI_BASE_URL: `${provider}/v1`,
      ANTHROPIC_BASE_URL: provider,
      ...environment,
    },
  });
  const of = (wanted: string) => checks.find(({ what }) => what === wanted);
  return { ledger: of('ledger'), prices: of('prices'), hasFile: existsSync(join(folder, 'ledger.db')) };
}

it('a ledger that is not there yet is well, is not made by the check, and may be off', async () => {
  const { ledger, prices, hasFile } = await checksWith({});
  expect(ledger).toMatchObject({
    state: 'ok',
    message: expect.stringMatching(/the first request makes the file/),
  });
  expect(prices).toEqual({ state: 'ok', what: 'prices', message: '$0.002 for an answer without a price' });
  expect(hasFile).toBe(false);
  expect((await checksWith({ ENABLE_LEDGER: 'off' })).ledger?.message).toBe('off (ENABLE_LEDGER)');
});

it('a ledger that is there is read, and a file that is none fails the check', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'ledger.db'),
    'no database at all, but long enough to be taken for one'.repeat(20),
  );
  const { ledger } = await checksWith({ ASKONCE_DATA_DIR: folder });
  expect(ledger).toMatchObject({ state: 'fail', message: expect.stringContaining('cannot be read') });
});

it('a database that cannot be reached, and a wrong price, fail the check without the password', async () => {
  const pricesFile = join(temporaryFolder(), 'prices.yaml');
  writeFileSync(pricesFile, '- {model: gpt-4o, inputUsdPerMillion: -1}');
  const { ledger, prices } = await checksWith({
    DATABASE_URL: 'postgresql://me:hunter2@127.0.0.1:1/askonce',
    PRICES_FILE: pricesFile,
  });
  expect([ledger?.state, prices?.state]).toEqual(['fail', 'fail']);
  expect(ledger?.message).toMatch(/127\.0\.0\.1:1/);
  expect(prices?.message).toMatch(/^PRICES_FILE: .*price 1, inputUsdPerMillion must be/);
  expect(JSON.stringify([ledger, prices])).not.toContain('hunter2');
});
