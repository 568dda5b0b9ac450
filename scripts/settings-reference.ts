/** Rewrites `.env.example` and `docs/reference/settings.md` from the tables of settings. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentExample, settingsPage } from './settings/pages.ts';

const root = join(import.meta.dirname, '..');
mkdirSync(join(root, 'docs', 'reference'), { recursive: true });
writeFileSync(join(root, '.env.example'), environmentExample());
writeFileSync(join(root, 'docs', 'reference', 'settings.md'), settingsPage());
console.log('wrote .env.example and docs/reference/settings.md');
