/**
 * `invalidateOn` of a method that answers no route of its own: a write needs the path of a route.
 */
import { AskonceError } from '../../errors.ts';
import { writeTag } from '../endpoint/routes.ts';
import { eventsOf, writeOf } from '../endpoint/triggers.ts';

interface Triggers {
  /** Types of domain events. */
  readonly events: readonly string[];
  /** Tags by which writes invalidate. */
  readonly writes: readonly string[];
}

/** @throws AskonceError `invalid_settings` for a method (`POST`) without a path */
export function triggersOf(invalidateOn: readonly string[] = []): Triggers {
  const writes = invalidateOn.flatMap((trigger) => {
    const write = writeOf(trigger);
    if (write === undefined) return [];
    if (write.path !== undefined) return [writeTag(write.method, write.path)];
    throw new AskonceError(
      'invalid_settings',
      `invalidateOn: ${trigger} needs the path of a route, such as ${trigger} /cats/:id.`,
    );
  });
  return { events: eventsOf(invalidateOn), writes };
}
