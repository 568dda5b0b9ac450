/**
 * Finds what belongs to a set of dimensions. Requests repeat their dimensions, so their names are looked up one after
 * another: joining them into one key takes several times as long as all of these look-ups.
 */
import type { Dimensions } from '../contract.ts';

export interface DimensionsMemo<Value> {
  get(dimensions: Dimensions): Value;
  reset(): void;
}

interface Node<Value> {
  readonly next: Map<string, Node<Value>>;
  value: Value | undefined;
}

/** @param most sets of dimensions that are remembered; beyond it, all are forgotten */
export function dimensionsMemo<Value>(
  most: number,
  make: (dimensions: Dimensions) => Value,
): DimensionsMemo<Value> {
  let root = emptyNode<Value>();
  let size = 0;

  return {
    get(dimensions) {
      const { provider, protocol, model, language, category, template, tenant } = dimensions;
      const ofModel = step(step(step(root, provider), protocol), model);
      const node = step(step(step(step(ofModel, language), category), template), tenant);
      if (node.value !== undefined) return node.value;
      const value = make(dimensions);
      if (size >= most) {
        root = emptyNode();
        size = 0;
        return value;
      }
      node.value = value;
      size++;
      return value;
    },
    reset() {
      root = emptyNode();
      size = 0;
    },
  };
}

function emptyNode<Value>(): Node<Value> {
  return { next: new Map(), value: undefined };
}

function step<Value>(node: Node<Value>, name: string): Node<Value> {
  const known = node.next.get(name);
  if (known !== undefined) return known;
  const fresh = emptyNode<Value>();
  node.next.set(name, fresh);
  return fresh;
}
