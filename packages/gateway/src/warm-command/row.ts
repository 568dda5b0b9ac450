/** A row of a file, with its line, from 1. */
export type Row = { readonly line: number } & ({ readonly value: unknown } | { readonly fault: string });

/** Maximum size of a row, in characters. */
export const maxRowLength = 512 * 1024;
