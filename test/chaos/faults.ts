import {
  type Act,
  delay,
  drip,
  drop,
  endlessLines,
  garbage,
  type Moment,
  reply,
  reset,
  type Script,
  type ScriptStage,
  silence,
  sometimes,
  truncated,
} from '../harness/smtp-server.js';

/** What can go wrong at any stage; how often, by how often it is in the list. */
const ANYWHERE: readonly Act[] = [
  drop(),
  drop(),
  reset(),
  reset(),
  reply(421, '4.3.2 chaos: closing'),
  truncated('250 2.0.0 o'),
  garbage('what is it?\r\n'),
  garbage('HTTP/1.1 400 Bad Request\r\n\r\n'),
  endlessLines(5_000),
  drip(20, 250, 'chaos: slowly'),
  delay(50),
  delay(300),
  silence(),
];

/** What only that stage can say. A refused sign-in is left out: it would stop everything for long. */
const SAID: Partial<Record<ScriptStage, readonly Act[]>> = {
  greeting: [reply(554, '5.3.2 chaos: no service')],
  ehlo: [reply(451, '4.3.0 chaos: not now'), reply(502, '5.5.1 chaos: what?')],
  starttls: [reply(454, '4.7.0 chaos: no TLS now')],
  auth: [reply(454, '4.7.0 chaos: not now')],
  mail: [reply(451, '4.3.0 chaos: later'), reply(452, '4.3.1 chaos: full')],
  rcpt: [reply(450, '4.2.0 chaos: greylisted'), reply(550, '5.1.1 chaos: no such user')],
  data: [reply(451, '4.3.0 chaos: later'), reply(554, '5.6.0 chaos: no')],
  bdat: [reply(452, '4.3.1 chaos: full')],
  dot: [reply(451, '4.3.0 chaos: later'), reply(554, '5.6.0 chaos: spam'), reply(299, 'queued')],
};

const STAGES: readonly ScriptStage[] = [
  'greeting',
  'ehlo',
  'starttls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'body',
  'bdat',
  'dot',
  'rset',
  'quit',
];

/** In the middle of a message a server can only end, or be slow. */
const IN_BODY: readonly Act[] = [drop(), reset(), delay(50), silence()];

const EXTENSIONS = [['PIPELINING', 'CHUNKING', '8BITMIME'], ['PIPELINING', 'SIZE 10485760'], []];

/** One set of capabilities a connection, by turns. */
export function capabilities({ connection, secure }: Moment): Act {
  const offered = EXTENSIONS[connection % EXTENSIONS.length] ?? [];
  const more = secure ? 'AUTH PLAIN LOGIN' : 'STARTTLS';
  return reply(250, ['sink.test', ...offered, 'ENHANCEDSTATUSCODES', more]);
}

/** A server that is at fault with these odds at each stage of each session. */
export function faultyScript(random: () => number, odds: number): Script {
  const steps = STAGES.map((stage) => {
    const acts = stage === 'body' ? IN_BODY : [...ANYWHERE, ...(SAID[stage] ?? [])];
    const fault = sometimes(random, odds, acts);
    return [stage, fault] as const;
  });
  const script = Object.fromEntries(steps) as Record<ScriptStage, (moment: Moment) => Act>;
  const { ehlo } = script;
  return { ...script, ehlo: (moment) => ehlo(moment) ?? capabilities(moment) };
}
