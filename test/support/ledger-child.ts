/**
 * A child process whose cache reports requests to a ledger without a pause; its arguments are the ledger's file and the
 * tenant of its requests. Before each request it prints what that is to count, and after each flush how many requests
 * were printed before the flush began.
 */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { openAccounts, openLedger, sqliteLedger } from '../../packages/askonce/src/ledger/kit.ts';
import { flatPricing } from '../../packages/askonce/src/ledger/pricing/flat-rate.ts';
import { answered, hit } from './ledger-events.ts';

const [path = '', tenantDigest = ''] = process.argv.slice(2);
const accounts = openAccounts({ clock: systemClock, pricing: async () => flatPricing, keepsText: false });
const ledger = openLedger({ accounts, store: sqliteLedger({ path }), flushMs: 5 });
const below = (most: number) => Math.floor(Math.random() * most);

/** Written at once, whatever comes after: a stream would lose what it holds when the process is killed. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // The pipe is full.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

for (let printed = 0; ; ) {
  for (let left = below(30); left > 0; left--) {
    const model = `model-${below(4)}`;
    const usage = { inputTokens: below(100), outputTokens: below(100) };
    printed += 1;
    if (below(3) === 0) {
      print(`miss ${model} 0`);
      accounts.observe(answered({ tenantDigest, subject: model, usage }));
    } else {
      print(`hit ${model} ${usage.inputTokens + usage.outputTokens}`);
      accounts.observe(
        hit({ tenantDigest, subject: model, usage, savedTokens: usage.inputTokens + usage.outputTokens }),
      );
    }
  }
  if (below(4) > 0) await setTimeout(below(4));
  else {
    const before = printed;
    await ledger.flush();
    print(`flushed ${before}`);
  }
}
