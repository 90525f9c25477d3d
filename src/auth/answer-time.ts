// How long an answer must not tell whether an address has an account. The work for known and
// unknown ones is alike (a password is always hashed, the mailbox's budget always counted), and
// what is left of a difference, a row or two to write, disappears in this grid.
//
// A grid only hides what is shorter than its step and does not lie across a line: with 25 ms and a
// hash of 25 ms, half of the answers about known addresses would have fallen on the next line.
// With 100 ms all answers of an idle server fall on the first one. Adding random time
// instead was turned down: a thousand samples average it away.
const STEP_MS = 100;

/** How long to hold back an answer that took so long, both in milliseconds. */
export const holdBack = (tookMs: number): number =>
  Math.max(1, Math.ceil(tookMs / STEP_MS)) * STEP_MS - tookMs;
