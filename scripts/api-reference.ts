/** Rewrites `docs/reference/cache-api.yaml` from the table of admin calls. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiReference, apiReferencePath } from './api/reference.ts';

writeFileSync(join(import.meta.dirname, '..', apiReferencePath), apiReference());
console.log(`wrote ${apiReferencePath}`);
