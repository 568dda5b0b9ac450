/**
 * The admin call that serves the API's own document. Start-up does not wait for it: it is made when it is first asked for.
 */
import { z } from 'zod';
import type { ApiDocument } from './document/document.ts';
import { type AdminRoute, adminRoute, anyQuery, noBody, viewing } from './route.ts';

const answer = z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) });

/** `routes` are those that the document describes, this one among them. */
export function documentRoute(routes: () => readonly AdminRoute[]): AdminRoute {
  let made: Promise<ApiDocument> | undefined;

  async function make(): Promise<ApiDocument> {
    const { apiDocument } = await import('./document/document.ts');
    return apiDocument(routes());
  }

  return adminRoute({
    ...viewing,
    method: 'GET',
    path: '/cache/openapi.json',
    summary: "Read the API's own document (OpenAPI 3.1).",
    invalid: 'invalid_request',
    query: anyQuery,
    body: noBody,
    answer,
    async run() {
      made ??= make();
      const { info, paths, ...rest } = await made;
      return { ...rest, info: { ...info }, paths: { ...paths } };
    },
  });
}
