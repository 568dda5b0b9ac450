/**
 * Names of methods that were given none: `Class.method`. Nothing else separates the answers of two instances, of two classes of
 * one name, or of a method and the one that it overrides, so each name belongs to the first that uses it with a cache.
 */
import { AskonceError } from '../../errors.ts';

interface UnnamedMethod {
  readonly name: string | symbol;
  readonly method: object;
  /** Whether a `key` says what of the instance counts: then all instances of a class share the name. */
  readonly isKeyed: boolean;
}

interface Owner {
  /** An instance, or a class. */
  readonly self: WeakRef<object>;
  readonly method: WeakRef<object>;
}

/** The owners of the names at a cache. There are as many as there are decorated methods. */
const owners = new WeakMap<object, Map<string, Owner>>();

/**
 * The name of a method of `self`.
 * @throws AskonceError `invalid_request` if the name is another's, or none can be made.
 */
export function defaultName(
  cache: object,
  self: unknown,
  { name: own, method, isKeyed }: UnnamedMethod,
): string {
  const type = typeof self === 'object' && self !== null ? self.constructor : self;
  if (typeof type !== 'function' || type.name === '')
    throw new AskonceError(
      'invalid_request',
      `The class of the method ${String(own)} is not known by a name; give Cached a name.`,
    );
  const name = `${type.name}.${String(own)}`;
  const owner = isKeyed || typeof self !== 'object' || self === null ? type : self;
  const names = owners.get(cache) ?? new Map<string, Owner>();
  owners.set(cache, names);
  const first = names.get(name);
  if (first === undefined) {
    names.set(name, { self: new WeakRef(owner), method: new WeakRef(method) });
    return name;
  }
  if (first.self.deref() !== owner)
    throw new AskonceError(
      'invalid_request',
      `${name} was called before on another instance or class, whose answers would be taken for those of this one. ` +
        'Give Cached a name if its state makes no difference, or else a name or key that has what makes one.',
    );
  if (first.method.deref() !== method)
    throw new AskonceError(
      'invalid_request',
      `${name} is the name of another method, too, one that this overrides or is overridden by, or a static one. ` +
        'Their answers would be taken for each other. Give Cached a name.',
    );
  return name;
}
