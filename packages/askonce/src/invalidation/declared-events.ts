/**
 * Types of domain events that questions and routes of this process name (`invalidateOn`): `emit` takes them without their
 * being listed in the setting `events`.
 */
import { AskonceError } from '../errors.ts';
import { tag } from '../identity/tags.ts';
import { recentMap } from '../recent-map.ts';

/** Types are written in programs, so there are few; of more, the ones that have not been named for longest are forgotten. */
const mostTypes = 4096;
const maxTypeLength = 64;

export interface DeclaredEvents {
  /** @throws AskonceError `invalid_request` for a type that no event can have. */
  declare(types: readonly string[]): void;
  has(type: string): boolean;
}

export function declaredEvents(): DeclaredEvents {
  const declared = recentMap<true>(mostTypes);
  return {
    declare(types) {
      for (const type of types) {
        if (typeof type !== 'string' || type === '' || type.length > maxTypeLength)
          throw new AskonceError(
            'invalid_request',
            `invalidateOn: expected types of events of 1 to ${maxTypeLength} characters`,
          );
        declared.set(type, true);
      }
    },
    has: (type) => declared.has(type),
  };
}

/** The tag of the answers that events of a type invalidate. */
export function eventTag(type: string): string {
  return tag('event', type);
}
