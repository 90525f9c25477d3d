import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** Of the dice; a run with the same seed throws the same faults in the same order. */
  readonly seed: number;
  readonly database: 'embedded' | 'postgresql';
  /** Processes of the program; more than one needs PostgreSQL. */
  readonly workers: number;
  /** How often one of them is killed; 0 without `mails`: never, and all live for the whole duration. */
  readonly kills: number;
  /** 0 to 1: of a fault at each stage of each session of the mail server. */
  readonly odds: number;
  /** Mails that are committed before it begins. */
  readonly mails: number;
  /** Registrations and invitations a second, over HTTP, while it runs. */
  readonly rate: number;
  /** Kill at each stage so often instead of at random. */
  readonly rounds: number;
  /** Seconds until faults and kills end, whatever is missing. */
  readonly duration: number;
  /** Seconds that the queue may take to empty after that. */
  readonly patience: number;
}

export const DEFAULTS: ChaosOptions = {
  seed: 1,
  database: 'embedded',
  workers: 1,
  kills: 50,
  odds: 0.02,
  mails: 0,
  rate: 6,
  rounds: 0,
  duration: 3_600,
  patience: 1_500,
};

export const USAGE = `npm run chaos -- [options]
  --seed N              of the dice (default: by the clock; printed)
  --database NAME       embedded or postgresql (default: embedded)
  --workers N           processes of the program (default: 1, with postgresql 3)
  --kills N             kill -9 so often, at random moments (default: 50, with --mails 0);
                        0 without --mails: live for the whole duration, and hold no more at its end
  --odds P              faults at each stage of the mail server, 0 to 1 (default: 0.02)
  --mails N             commit so many before it begins
  --rate N              registrations and invitations a second (default: 6, with --mails 0)
  --stages [--rounds N] kill at each exact stage N times (default: 20)
  --duration S          seconds until faults and kills end (default: 3600)
  --patience S          seconds for the queue to empty after that (default: 1500)`;

/** @throws TypeError with a sentence for what is wrong */
export function optionsFrom(args: string[]): ChaosOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      seed: text,
      database: text,
      workers: text,
      kills: text,
      odds: text,
      mails: text,
      rate: text,
      rounds: text,
      stages: { type: 'boolean' },
      duration: text,
      patience: text,
    },
  });
  const number = (name: Exclude<keyof ChaosOptions, 'database'>, otherwise: number): number => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new TypeError(`--${name} wants a number`);
    return value;
  };
  const database = values.database ?? DEFAULTS.database;
  if (database !== 'embedded' && database !== 'postgresql')
    throw new TypeError('--database is embedded or postgresql');
  const workers = number('workers', database === 'postgresql' && !values.stages ? 3 : 1);
  if (workers > 1 && (database === 'embedded' || values.stages))
    throw new TypeError('More than one worker needs --database postgresql, and no --stages');
  const mails = number('mails', DEFAULTS.mails);
  return {
    seed: number('seed', Date.now() % 1_000_000),
    database,
    workers,
    kills: number('kills', mails > 0 ? 0 : DEFAULTS.kills),
    odds: number('odds', DEFAULTS.odds),
    mails,
    rate: number('rate', mails > 0 ? 0 : DEFAULTS.rate),
    rounds: number('rounds', values.stages ? 20 : 0),
    duration: number('duration', DEFAULTS.duration),
    patience: number('patience', DEFAULTS.patience),
  };
}
