/** The document of the admin API as a file. */
import { stringify } from 'yaml';
import { apiDocument } from '../../packages/gateway/src/admin/document/document.ts';
import { adminRoutes } from '../../packages/gateway/src/admin/routes.ts';

export const apiReferencePath = 'docs/reference/cache-api.yaml';

export function apiReference(): string {
  const heading = '# Made by `npm run api-reference` from the table of admin calls.\n';
  return heading + stringify(apiDocument(adminRoutes), { lineWidth: 0, aliasDuplicateObjects: false });
}
