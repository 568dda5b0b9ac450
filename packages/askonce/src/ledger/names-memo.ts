/**
 * Finds what belongs to several names together. The same names come again and again, as the same strings, so they are
 * looked up one after another: to join them into one key takes several times as long as all of these look-ups.
 */
export interface NamesMemo<Value> {
  /** Undefined if nothing was set for these names, or if it is forgotten. */
  get(names: readonly string[]): Value | undefined;
  set(names: readonly string[], value: Value): void;
  /** Forgets all. */
  clear(): void;
}

interface Node<Value> {
  readonly next: Map<string, Node<Value>>;
  value: Value | undefined;
}

/** @param most values that are remembered; at one more, all others are forgotten */
export function namesMemo<Value extends NonNullable<unknown>>(most: number): NamesMemo<Value> {
  let root = emptyNode<Value>();
  let size = 0;

  function clear(): void {
    root = emptyNode();
    size = 0;
  }

  function nodeOf(names: readonly string[]): Node<Value> {
    let node = root;
    for (const name of names) {
      let next = node.next.get(name);
      if (next === undefined) {
        next = emptyNode();
        node.next.set(name, next);
      }
      node = next;
    }
    return node;
  }

  return {
    get(names) {
      let node: Node<Value> | undefined = root;
      for (let at = 0; at < names.length && node !== undefined; at++) node = node.next.get(names[at] ?? '');
      return node?.value;
    },
    set(names, value) {
      if (nodeOf(names).value === undefined && ++size > most) {
        clear();
        size = 1;
      }
      nodeOf(names).value = value;
    },
    clear,
  };
}

function emptyNode<Value>(): Node<Value> {
  return { next: new Map(), value: undefined };
}
