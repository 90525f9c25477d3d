/**
 * Does one piece of work after the other, so many at once, until there were `mails` of them or
 * `seconds` have passed.
 *
 * @returns how many; all are done
 */
export async function inFlight(atOnce, { mails, seconds }, work) {
  const end = performance.now() + (seconds ?? 0) * 1_000;
  let begun = 0;
  const isMore = () => (mails === undefined ? performance.now() < end : begun < mails);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (isMore()) await work(begun++);
    }),
  );
  return begun;
}
