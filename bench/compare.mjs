// Contenders by turns within one run: whatever else the machine does, it does to all of them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MAILS, PROFILE, ROUNDS } from './flags.mjs';
import { startProgram } from './program.mjs';
import { row } from './report.mjs';
import { median } from './statistics.mjs';

/** How much more a contender does that is some ten times faster than the baseline. */
const MORE = 4;

/** @returns mails of a round: of the baselines, and of those that are faster by far */
export const amounts = { baseline: { mails: MAILS }, ours: { mails: MORE * MAILS } };

/**
 * One round of each to warm up that is not counted, then ROUNDS in turn, each second one backwards.
 *
 * @param title of the comparison, for the names of the profiles
 * @param contenders by name: `contender` is its file in bench/contenders, `amount` what it does in a
 * round (`mails` or `seconds`), and the rest its options
 * @param sink where all of it arrives
 * @returns by name the rounds: `rate` a second, `cpu` seconds for each one done, and what the sink
 * got, `octets` for each mail
 * @throws where the sink got fewer than the contender says
 */
export async function compare(title, contenders, sink) {
  if (PROFILE) mkdirSync(PROFILE, { recursive: true });
  const names = Object.keys(contenders);
  const programs = {};
  const rounds = Object.fromEntries(names.map((name) => [name, []]));
  try {
    for (const name of names) {
      const { amount: _, ...options } = contenders[name];
      programs[name] = await startProgram('contender.mjs', options);
    }
    for (const name of names) await programs[name].ask('round', aFifthOf(contenders[name].amount));
    for (let i = 0; i < ROUNDS; i += 1)
      for (const name of i % 2 === 0 ? names : names.toReversed()) {
        const about = { ...contenders[name].amount, profile: profileOf(`${title} ${name} ${i}`) };
        const before = await sink?.took();
        const { done, seconds, cpuSeconds } = await programs[name].ask('round', about);
        const arrived = sink && less(await sink.took(), before);
        if (sink && arrived.mails < done)
          throw new Error(`${name} says ${done} mails and the sink ${arrived.mails}`);
        const octets = sink && Math.round(arrived.octets / arrived.mails);
        rounds[name].push({ rate: done / seconds, cpu: cpuSeconds / done, octets });
      }
  } finally {
    await Promise.all(Object.values(programs).map((program) => program.stop()));
  }
  return rounds;
}

const profileOf = (title) =>
  PROFILE && join(PROFILE, `${title.replace(/[^a-z0-9]+/gi, '-')}.cpuprofile`);

const less = (after, before) => ({
  mails: after.mails - before.mails,
  octets: after.octets - before.octets,
});

const aFifthOf = (amount) =>
  Object.fromEntries(Object.entries(amount).map(([unit, much]) => [unit, Math.ceil(much / 5)]));

const medianOf = (rounds, what) => median(rounds.map((each) => each[what]));

/** Of the ratios round by round. @param what `rate` or `cpu` */
export function ratiosOf(rounds, us, them, what = 'rate') {
  return rounds[us].map((each, i) => each[what] / rounds[them][i][what]);
}

const range = (ratios) =>
  ratios.length > 1 ? ` (${short(Math.min(...ratios))} to ${short(Math.max(...ratios))})` : '';

const short = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(1));

const perSecond = (rate) => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;

/** As a remark: what a contender reached that the row is not about. */
export const atRate = (rounds, name) => perSecond(medianOf(rounds[name], 'rate'));

/** A row that is met when we are at least `target` times as fast. */
export function atLeast(what, rounds, { us, them, target, remark }) {
  const ratios = ratiosOf(rounds, us, them);
  const ratio = median(ratios);
  const [ourRate, theirRate] = [us, them].map((name) => medianOf(rounds[name], 'rate'));
  const [ourOctets, theirOctets] = [us, them].map((name) => rounds[name][0].octets);
  const sizes = ourOctets === undefined ? [] : [`octets a mail ${ourOctets} and ${theirOctets}`];
  const remarks = [...sizes, ...(remark ? [remark] : [])].map((each) => `; ${each}`).join('');
  return row(
    what,
    `${short(ratio)} times${range(ratios)}`,
    `at least ${target} times`,
    ratio >= target,
    `${us} ${perSecond(ourRate)}, ${them} ${perSecond(theirRate)}${remarks}`,
    { ratio, ratios, perSecond: { [us]: ourRate, [them]: theirRate } },
  );
}

/** The processor time of the sending process alone, for one mail. */
export function cpuRow(what, rounds, { us, them, target }) {
  const ratios = ratiosOf(rounds, us, them, 'cpu');
  const ratio = median(ratios);
  const [ours, theirs] = [us, them].map((name) => medianOf(rounds[name], 'cpu') * 1e6);
  return row(
    what,
    `${ratio.toFixed(3)} times${range(ratios)}`,
    `at most ${target.toFixed(3)} times`,
    ratio <= target,
    `${us} ${Math.round(ours)} µs, ${them} ${Math.round(theirs)} µs`,
    { ratio, ratios, microseconds: { [us]: ours, [them]: theirs } },
  );
}
