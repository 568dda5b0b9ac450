/**
 * Names of methods that were given none: `Class.method`. Nothing else separates the answers of two instances, or of two classes of
 * one name, so each name belongs to the first that uses it with a cache.
 */
import { AskonceError } from '../../errors.ts';

/** The owners of the names at a cache: instances, or classes. There are as many as there are decorated methods. */
const owners = new WeakMap<object, Map<string, WeakRef<object>>>();

/**
 * The name of a method of `self`.
 * @param isKeyed whether a `key` says what of the instance counts: then all instances of a class share the name
 * @throws AskonceError `invalid_request` if the name is another's, or none can be made.
 */
export function defaultName(cache: object, self: unknown, method: string | symbol, isKeyed: boolean): string {
  const type = typeof self === 'object' && self !== null ? self.constructor : self;
  if (typeof type !== 'function' || type.name === '')
    throw new AskonceError(
      'invalid_request',
      `The class of the method ${String(method)} is not known by a name; give Cached a name.`,
    );
  const name = `${type.name}.${String(method)}`;
  const owner = isKeyed || typeof self !== 'object' || self === null ? type : self;
  const names = owners.get(cache) ?? new Map<string, WeakRef<object>>();
  owners.set(cache, names);
  const first = names.get(name);
  if (first === undefined) names.set(name, new WeakRef(owner));
  else if (first.deref() !== owner)
    throw new AskonceError(
      'invalid_request',
      `${name} was called before on another instance or class, whose answers would be taken for those of this one. ` +
        'Give Cached a name if its state makes no difference, or else a name or key that has what makes one.',
    );
  return name;
}
