/** Vectors for tests and benchmarks: of length 1, and the same ones for each seed. */

export interface SampleVectors {
  readonly dimension: number;
  readonly seed?: number | undefined;
  /** Number of clusters that the vectors lie in, as questions do; 0 for vectors of any direction. Default 0. */
  readonly clusters?: number | undefined;
}

/** Noise round a cluster's centre, as a share of the distance to it: neighbours have cosines of about 0.8. */
const noise = 0.5;

/** Vectors without end. */
export function* sampleVectors({
  dimension,
  seed = 1,
  clusters = 0,
}: SampleVectors): Generator<Float32Array> {
  const next = normalNumbers(seed);
  const centres = Array.from({ length: clusters }, () => Float32Array.from({ length: dimension }, next));
  for (let number = 0; ; number++) {
    const centre = centres[number % Math.max(1, clusters)];
    const vector = new Float32Array(dimension);
    for (let at = 0; at < dimension; at++)
      vector[at] = centre === undefined ? next() : (centre[at] ?? 0) + noise * next();
    yield unitVector(vector);
  }
}

/** The vector, scaled to the length 1. */
export function unitVector(vector: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += (vector[at] ?? 0) ** 2;
  const length = Math.sqrt(squares);
  return Float32Array.from(vector, (component) => component / length);
}

/** Normally distributed numbers, by Box and Muller from a linear congruential generator. */
export function normalNumbers(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
