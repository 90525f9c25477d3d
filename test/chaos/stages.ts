import type { ScriptStage } from '../harness/smtp-server.js';
import type { Say } from './chaos.js';
import { prepareChaos } from './ground.js';
import type { ChaosOptions } from './options.js';
import { StageBench } from './stage-bench.js';

/** An exact moment of the road of one mail. */
export interface Stage {
  readonly name: string;
  /** May the server have the mail and the outbox not know it? Only then may it come twice. */
  readonly mayRepeat?: true;
  /** On the wire: before this stage is answered, or after. */
  readonly at?: ScriptStage;
  readonly answered?: true;
  /** In the database: before this statement is sent, or after it was done. */
  readonly statement?: string;
  readonly done?: true;
}

const COMMIT_OF_MAIL = 'insert into outbox \\(.*commit';
const CLAIM = "update outbox set status = 'sending'";
const SETTLE = 'insert into outbox_attempts.*settled';

export const STAGES: readonly Stage[] = [
  { name: 'before the commit', statement: COMMIT_OF_MAIL },
  { name: 'after the commit', statement: COMMIT_OF_MAIL, done: true },
  { name: 'before the claim', statement: CLAIM },
  { name: 'after the claim', statement: CLAIM, done: true },
  { name: 'connect', at: 'greeting' },
  { name: 'greeting', at: 'greeting', answered: true },
  { name: 'EHLO', at: 'ehlo' },
  { name: 'STARTTLS', at: 'starttls' },
  { name: 'AUTH', at: 'auth' },
  { name: 'MAIL', at: 'mail' },
  { name: 'RCPT', at: 'rcpt' },
  { name: 'DATA or BDAT', at: 'rcpt', answered: true },
  { name: 'in the body', at: 'body' },
  { name: 'after the dot, before 250', at: 'dot', mayRepeat: true },
  { name: 'after 250', at: 'dot', answered: true, mayRepeat: true },
  { name: 'before the settlement', statement: SETTLE, mayRepeat: true },
  { name: 'after the settlement', statement: SETTLE, done: true },
];

/**
 * One mail, one kill at an exact moment, a restart; so often for each moment.
 *
 * @returns a table
 * @throws InvariantsBroken, or an Error where a mail came twice and must not have
 */
export async function runStages(
  { rounds, seed }: ChaosOptions,
  databaseUrl: string | undefined,
  say: Say,
  stages: readonly Stage[] = STAGES,
): Promise<string> {
  const ground = await prepareChaos(databaseUrl);
  const bench = new StageBench(ground, seed);
  try {
    await bench.begin();
    const lines: string[] = [];
    for (const stage of stages) {
      const from = bench.asked;
      let reached = 0;
      for (let round = 0; round < rounds; round += 1) if (await bench.kill(stage)) reached += 1;
      await bench.drain();
      const twice = bench.repeatedSince(from);
      lines.push(`${stage.name.padEnd(28)} ${reached} kills, ${twice} twice`);
      say(lines.at(-1) ?? '');
      if (twice > 0 && !stage.mayRepeat) throw new Error(`Killed at ${stage.name}: sent twice`);
      if (reached < rounds) throw new Error(`${stage.name}: only ${reached} of ${rounds} kills`);
    }
    const summary = await bench.judge();
    return `rounds=${rounds} ${JSON.stringify(summary)}\n${lines.join('\n')}`;
  } finally {
    await bench.end();
    await ground.close();
  }
}
