/**
 * `invalidateOn`: what invalidates an answer, as the options of endpoints and of Nest's methods name it: a method (`POST`),
 * a write elsewhere (`POST /orders`), or the type of a domain event (`prices.changed`).
 */

interface WriteTrigger {
  /** In upper case, as methods are written. */
  readonly method: string;
  /** The path of a route; undefined if the route's own is meant. */
  readonly path: string | undefined;
}

const write = /^([A-Z][A-Z-]*)(?: (\/\S*))?$/;
const usualMethod = /^(?:get|head|post|put|patch|delete)$/i;

/** The write that a trigger names; undefined if it is the type of a domain event. */
export function writeOf(trigger: string): WriteTrigger | undefined {
  const [, method, path] = write.exec(trigger) ?? [];
  return method === undefined ? undefined : { method, path };
}

/** The types of domain events among triggers. */
export function eventsOf(invalidateOn: readonly string[] = []): readonly string[] {
  return invalidateOn.filter((trigger) => writeOf(trigger) === undefined);
}

/** What is wrong with a trigger that seems to be meant as a write and is written as none; undefined if nothing is. */
export function triggerFault(trigger: string): string | undefined {
  if (writeOf(trigger) !== undefined) return undefined;
  const isMeantAsWrite = /[\s/]/.test(trigger) || usualMethod.test(trigger);
  return isMeantAsWrite
    ? `${JSON.stringify(trigger)} is neither a write (\`POST\`, \`POST /orders\`) nor the type of an event (\`prices.changed\`)`
    : undefined;
}
