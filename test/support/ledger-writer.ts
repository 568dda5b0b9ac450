/**
 * A child process that writes batches of one request and a hundred rows each to a ledger's file; its arguments are the
 * file, the name of the writer and the number of batches. At the end it prints how many were rejected.
 */
import { sqliteLedger } from '../../packages/askonce/src/ledger/sqlite/store.ts';
import { sampleBatch, sampleCounter, sampleRow } from '../../packages/askonce/src/testing/sample-batch.ts';

const [path = '', writer = '', count = '0'] = process.argv.slice(2);
const store = sqliteLedger({ path });
const counters = [sampleCounter({ counts: { requests: 1 } })];
const rows = Array.from({ length: 100 }, (_none, index) => sampleRow({ requestId: `${writer} ${index}` }));
let rejected = 0;
for (let sequence = 1; sequence <= Number(count); sequence++) {
  await store.write(sampleBatch({ writer, sequence, counters, rows })).catch(() => {
    rejected += 1;
  });
}
await store.close();
process.stdout.write(`${rejected}\n`);
