/**
 * A child process that writes to a ledger in PostgreSQL; its arguments are the URL, the writer and the number of batches.
 * After each batch it prints its number.
 */
import { postgresLedger } from '../../packages/askonce/src/ledger/postgres/store.ts';
import { numberedBatch } from './postgres-ledger.ts';

const [url = '', writer = '', batches = '0'] = process.argv.slice(2);
const store = postgresLedger({ url });
for (let sequence = 1; sequence <= Number(batches); sequence++) {
  await store.write(numberedBatch(writer, sequence));
  process.stdout.write(`${sequence}\n`);
}
await store.close();
