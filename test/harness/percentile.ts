/** @param part 0.5 for the median, 0.99 for the 99th percentile; undefined: of nothing */
export function percentile(values: readonly number[], part: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1];
}
