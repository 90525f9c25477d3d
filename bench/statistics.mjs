/** @param share 0.5 for the median, 0.99 for p99 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export const median = (values) => quantile(values, 0.5);

/** One row of the report: what, the number, the target, and whether it is met. */
export function row(what, value, target, isMet, detail) {
  console.log(`${isMet ? 'met   ' : 'MISSED'}  ${what}: ${value} (target ${target}); ${detail}`);
  return isMet;
}
