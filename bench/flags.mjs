// What may be made shorter or longer. The defaults are what the targets are measured with.
const number = (name, otherwise) => Number(process.env[name] ?? otherwise);

/** Turns of each contender; the result is the median of the ratios of the rounds. */
export const ROUNDS = number('BENCH_ROUNDS', 5);
/** Mails a baseline sends in a round. What is some ten times faster sends more, to last as long. */
export const MAILS = number('BENCH_MAILS', 5_000);
/** Length of a round where a time is given, not a number of mails. */
export const SECONDS = number('BENCH_SECONDS', 4);
/** Requests to each server. */
export const REQUESTS = number('BENCH_REQUESTS', 1_000);
/** How long mails are offered to a slow server. */
export const OFFER_SECONDS = number('BENCH_OFFER_SECONDS', 60);
/** Invitations that wait while somebody needs a mail at once. */
export const WAITING = number('BENCH_WAITING', 100_000);
/** Mails somebody waits for meanwhile. */
export const URGENT = number('BENCH_URGENT', 100);
/** Mails that are sent one by one on an idle system. */
export const SINGLE = number('BENCH_SINGLE', 200);
/** Mails queued, and as many sent, for what a long queue costs. */
export const SIZE = number('BENCH_SIZE', 1_000_000);
/**
 * A PostgreSQL to use instead of one of our own. Rows make databases beside this one and drop them;
 * `size` uses this very one, which has to be empty.
 */
export const DATABASE_URL = process.env.BENCH_DATABASE_URL;
/** Directory for a CPU profile of each round that is measured. */
export const PROFILE = process.env.BENCH_PROFILE;
/** File that gets every row as a line of JSON. */
export const OUTPUT = process.env.BENCH_OUTPUT;
