/** Rewrites `docs/reference/http-caching.md` from the cases of HTTP caching and their verdicts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpCachingPage, pagePath } from '../test/http-caching/page.ts';

writeFileSync(join(import.meta.dirname, '..', pagePath), httpCachingPage());
console.log(`wrote ${pagePath}`);
