/** Lints `docs/reference/cache-api.yaml` by the recommended rules of Redocly. A warning counts as an error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createConfig, lint } from '@redocly/openapi-core';
import { apiReferencePath } from './api/reference.ts';

const ref = join(import.meta.dirname, '..', apiReferencePath);
const problems = await lint({ ref, config: await createConfig({ extends: ['recommended'] }) });
for (const { ruleId, message, location } of problems)
  console.log(`${ruleId}: ${message} (${location.map(({ pointer }) => pointer).join(', ')})`);
const operations = readFileSync(ref, 'utf8').match(/^ +operationId: /gm)?.length ?? 0;
console.log(`${operations} operations, ${problems.length === 0 ? 'no' : problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
