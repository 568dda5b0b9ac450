/** The memory that the process may have. */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/**
 * Bytes: the limit of the container, else the memory of the machine. Outside a container, Node reports a limit beyond any
 * machine's memory, or none.
 */
export function memoryLimit(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}

/** Bytes of the heap at which V8 gives up. */
export function heapLimit(): number {
  return getHeapStatistics().heap_size_limit;
}
