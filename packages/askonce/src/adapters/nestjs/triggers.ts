/**
 * `invalidateOn` of a method that answers no route of its own: writes and domain events.
 */
import { AskonceError } from '../../errors.ts';
import { writeTag } from '../endpoint/routes.ts';

/** A method, and the path of a route unless its own is meant. */
const write = /^([A-Z]+)(?:\s+(\/\S*))?$/;

interface Triggers {
  /** Types of domain events. */
  readonly events: readonly string[];
  /** Tags by which writes invalidate. */
  readonly writes: readonly string[];
}

/** @throws AskonceError `invalid_settings` for a method (`POST`) without a path */
export function triggersOf(invalidateOn: readonly string[] = []): Triggers {
  const writes = invalidateOn.filter(isWrite).map((trigger) => {
    const [, method = '', path] = write.exec(trigger) ?? [];
    if (path !== undefined) return writeTag(method, path);
    throw new AskonceError(
      'invalid_settings',
      `invalidateOn: ${trigger} needs the path of a route, such as ${trigger} /cats/:id.`,
    );
  });
  return { events: eventsOf(invalidateOn), writes };
}

/** Whether a trigger is a write, and not the type of a domain event. */
export function isWrite(trigger: string): boolean {
  return write.test(trigger);
}

/** The types of domain events among triggers. */
export function eventsOf(invalidateOn: readonly string[] = []): readonly string[] {
  return invalidateOn.filter((trigger) => !isWrite(trigger));
}
