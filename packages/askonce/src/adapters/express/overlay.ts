/**
 * Two sides of one object. Express hands the same response to the handlers before and behind a middleware, so the answer
 * of those behind it can be put aside only on that object: it gets properties that lead them to values of their own,
 * while the code that writes the reply sees what was there before.
 */

/** A property on the handler's side. */
export type Member =
  /** A value of the handler's own, which an assignment replaces. */
  | { readonly value: unknown }
  /** Read from elsewhere; an assignment sets the real property. */
  | { readonly get: () => unknown };

export interface Overlay {
  /** Runs code that is to see the real properties. */
  real<Result>(run: () => Result): Result;
  /** Runs the handler's code, also from within `real`. */
  handlers<Result>(run: () => Result): Result;
  /** The real value of a property. */
  realValue(name: string): unknown;
}

interface Sides {
  isReal: boolean;
  readonly members: Readonly<Record<string, Member>>;
  /** Real values that are properties of the object itself, not of its prototype. */
  readonly own: Map<string, unknown>;
  /** What the handler has assigned. */
  readonly assigned: Map<string, unknown>;
}

const sidesOf = Symbol('askonce.sides');

interface TwoSided {
  [sidesOf]?: Sides;
}

/** One for each name, not for each object: objects with the same accessors are cheaper to make. */
const accessors = new Map<string, PropertyDescriptor>();

export function overlay(target: object, members: Readonly<Record<string, Member>>): Overlay {
  const sides: Sides = { isReal: false, members, own: new Map(), assigned: new Map() };

  function as<Result>(isReal: boolean, run: () => Result): Result {
    const before = sides.isReal;
    sides.isReal = isReal;
    try {
      return run();
    } finally {
      sides.isReal = before;
    }
  }

  Object.defineProperty(target, sidesOf, { value: sides });
  for (const name in members) {
    if (Object.hasOwn(target, name)) sides.own.set(name, Reflect.get(target, name));
    Object.defineProperty(target, name, accessorOf(name));
  }

  return {
    real: (run) => as(true, run),
    handlers: (run) => as(false, run),
    realValue: (name) => realValue(target, sides, name),
  };
}

function accessorOf(name: string): PropertyDescriptor {
  const known = accessors.get(name);
  if (known !== undefined) return known;
  const accessor = {
    configurable: true,
    get(this: TwoSided): unknown {
      const sides = this[sidesOf];
      const member = sides?.members[name];
      if (sides === undefined || member === undefined) return undefined;
      if (sides.isReal) return realValue(this, sides, name);
      if ('get' in member) return member.get();
      return sides.assigned.has(name) ? sides.assigned.get(name) : member.value;
    },
    set(this: TwoSided, value: unknown): void {
      const sides = this[sidesOf];
      const member = sides?.members[name];
      if (sides === undefined || member === undefined) return;
      if (sides.isReal || 'get' in member) setReal(this, sides, name, value);
      else sides.assigned.set(name, value);
    },
  };
  accessors.set(name, accessor);
  return accessor;
}

// The prototype may change: an application of Express sets its own when it is entered, and resets it when it is left.
function realValue(target: object, { own }: Sides, name: string): unknown {
  return own.has(name) ? own.get(name) : Reflect.get(Object.getPrototypeOf(target), name, target);
}

function setReal(target: object, { own }: Sides, name: string, value: unknown): void {
  const set = own.has(name) ? undefined : setterOf(target, name);
  if (set === undefined) own.set(name, value);
  else Reflect.apply(set, target, [value]);
}

function setterOf(target: object, name: string): ((value: unknown) => void) | undefined {
  let at: unknown = Object.getPrototypeOf(target);
  while (typeof at === 'object' && at !== null) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property !== undefined) return property.set;
    at = Object.getPrototypeOf(at);
  }
  return undefined;
}
