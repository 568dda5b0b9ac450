/**
 * `invalidateOn` of a method that answers no route of its own: writes and domain events.
 */
import { AskonceError } from '../../errors.ts';
import { writeTag } from '../endpoint/routes.ts';

/** A method, and the path of a route unless its own is meant. */
const write = /^([A-Z][A-Z-]*)(?: (\/\S*))?$/;
/** What no type of an event has, and a write that is written wrongly does. */
const separator = /[\s/]/;

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

/** @throws AskonceError `invalid_settings` for what is neither a write nor the type of an event, such as `post /cats` */
export function checkTriggers(invalidateOn: readonly string[] = []): void {
  const wrong = invalidateOn.find((trigger) => !isWrite(trigger) && separator.test(trigger));
  if (wrong !== undefined)
    throw new AskonceError(
      'invalid_settings',
      `invalidateOn: ${JSON.stringify(wrong)} is neither a write (POST /cats) nor the type of an event (cats.changed).`,
    );
}

/** Whether a trigger is a write, and not the type of a domain event. */
export function isWrite(trigger: string): boolean {
  return write.test(trigger);
}

/** The types of domain events among triggers. */
export function eventsOf(invalidateOn: readonly string[] = []): readonly string[] {
  return invalidateOn.filter((trigger) => !isWrite(trigger));
}
