/**
 * Fills a SQLite file with entries that have a vector each, in a process of its own: what the filling leaves in memory is not
 * in that of the process which measures. Arguments: the file, the number of entries, the dimension.
 */
import process from 'node:process';
import { sqliteStore } from 'askonce/sqlite';
import { storeVectors, vectorSource } from '../semantic-vectors.ts';

const [file = '', count = '', dimension = ''] = process.argv.slice(2);
const store = await sqliteStore({ file });
await storeVectors(store, Number(count), vectorSource(Number(dimension)));
await store.close();
