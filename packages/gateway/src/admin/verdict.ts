/** The body of feedback: a verdict on a semantic hit. */
import { z } from 'zod';

export const feedback = z.strictObject({
  match: z.string().regex(/^[\w-]{1,4096}$/, 'must be the Askonce-Match of a reply'),
  verdict: z.enum(['wrong', 'right']),
});
