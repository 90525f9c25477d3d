import { SmtpSender } from './smtp-sender.service.js';
import type { Verdict } from './verdict.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  type Act,
  delay,
  drip,
  drop,
  garbage,
  reply,
  reset,
  type ScriptStage,
  silence,
  type SmtpServer,
  startSmtpServer,
  truncated,
} from '../../test/harness/smtp-server.js';

// How one attempt ends for each thing a server can do at each stage. `extensions` decides
// whether MAIL, RCPT and DATA go together or in turn, or the message by BDAT; the outcome must not
// depend on it.
let server: SmtpServer;
let sender: SmtpSender;

beforeAll(async () => {
  server = await startSmtpServer({ auth: { user: 'robot', pass: 'canary-4711' } });
});
afterAll(async () => await server.close());
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => {
  await sender.close();
  server.script = {};
  server.messages.length = 0;
});

// nothing here happens before the greeting
const deadlines = { connect: 5_000, greeting: 150, command: 150, data: 150 };

async function attempt(stage: ScriptStage, act: Act): Promise<Verdict> {
  server.script = { [stage]: act };
  return await sender.send(accountFor(server, { timeouts: deadlines }), outgoing());
}

type Row = readonly [ScriptStage, string, Act, Verdict['outcome'], Verdict['stage'], number?];

const before = (stage: 'greeting' | 'ehlo' | 'auth' | 'mail' | 'rcpt' | 'data'): Row[] => [
  [stage, '421', reply(421, '4.3.2 closing'), 'account-failed', stage, 421],
  [stage, 'drop', drop(), 'account-failed', stage],
  // at the greeting it would overtake the connection itself
  [stage, 'reset', delay(10, reset()), 'account-failed', stage],
  [stage, 'silence', silence(), 'account-failed', stage],
  [stage, 'drip', drip(20, 250, 'x'.repeat(60)), 'account-failed', stage],
  [stage, 'garbage', garbage('HTTP/1.1 400 Bad Request\r\n'), 'account-failed', stage],
  [stage, 'truncated', truncated(), 'account-failed', stage],
  [stage, 'unending line', garbage(`250-${'x'.repeat(70_000)}`), 'account-failed', stage],
  [stage, 'unending lines', garbage('250-x\r\n'.repeat(20_000)), 'account-failed', stage],
];

const accountStages: Row[] = (['greeting', 'ehlo', 'auth'] as const).flatMap((stage) => [
  ...before(stage),
  [stage, '4xx', reply(454, '4.7.0 not now'), 'account-failed', stage, 454] as const,
  [stage, '5xx', reply(554, '5.7.1 go away'), 'account-failed', stage, 554] as const,
]);

const envelope: Row[] = [
  ...before('mail'),
  ['mail', '4xx', reply(451, '4.3.0 later'), 'deferred', 'mail', 451],
  ['mail', 'sender refused', reply(550, '5.7.60 not yours'), 'account-failed', 'mail', 550],
  ['mail', 'sign-in wanted', reply(530, '5.7.0 sign in'), 'account-failed', 'mail', 530],
  ['mail', 'too big', reply(552, '5.3.4 too big'), 'rejected', 'mail', 552],
  ...before('rcpt'),
  ['rcpt', '4xx', reply(450, '4.2.0 greylisted'), 'deferred', 'rcpt', 450],
  ['rcpt', '452', reply(452, '4.2.2 over quota'), 'deferred', 'rcpt', 452],
  ['rcpt', '5xx', reply(550, '5.1.1 no such user'), 'rejected', 'rcpt', 550],
  ...before('data'),
  ['data', '4xx', reply(451, '4.3.0 later'), 'deferred', 'data', 451],
  ['data', '5xx', reply(554, '5.6.0 no'), 'rejected', 'data', 554],
  ['data', '250', reply(250, 'fine?'), 'account-failed', 'data', 250],
];

const afterDot: Row[] = [
  ['dot', '2xx', reply(250, '2.0.0 queued'), 'accepted', 'dot', 250],
  ['dot', 'an odd 2xx', reply(299, 'queued'), 'accepted', 'dot', 299],
  ['dot', 'several lines', reply(250, ['2.0.0 queued', 'as 4711']), 'accepted', 'dot', 250],
  ['dot', '4xx', reply(451, '4.3.0 later'), 'deferred', 'dot', 451],
  ['dot', '421', reply(421, '4.3.2 closing'), 'deferred', 'dot', 421],
  ['dot', '5xx', reply(550, '5.7.1 spam'), 'rejected', 'dot', 550],
  ['dot', '552', reply(552, '5.2.2 full'), 'rejected', 'dot', 552],
  ['dot', '354 again', reply(354, 'more'), 'unknown', 'dot', 354],
  ['dot', 'drop', drop(), 'unknown', 'dot'],
  ['dot', 'reset', reset(), 'unknown', 'dot'],
  ['dot', 'silence', silence(), 'unknown', 'dot'],
  ['dot', 'drip', drip(20, 250, 'x'.repeat(60)), 'unknown', 'dot'],
  ['dot', 'garbage', garbage('thank you\r\n'), 'unknown', 'dot'],
  ['dot', 'truncated', truncated('250 ok'), 'unknown', 'dot'],
  ['dot', 'truncated after a line', truncated('250-ok\r\n'), 'unknown', 'dot'],
  ['dot', 'unending', garbage(`250-${'and so on'.repeat(8_000)}\r\n`), 'unknown', 'dot'],
];

const afterwards: Row[] = [
  ['quit', 'drop', drop(), 'accepted', 'dot', 250],
  ['quit', 'garbage', garbage('what\r\n'), 'accepted', 'dot', 250],
];

describe.each([
  ['commands grouped', ['PIPELINING', 'SIZE 10485760']],
  ['commands in turn', ['SIZE 10485760']],
  ['chunks', ['PIPELINING', 'CHUNKING', 'SIZE 10485760']],
])('A04–A16: %s', (_name, extensions) => {
  beforeAll(async () => {
    await server.close();
    server = await startSmtpServer({ auth: { user: 'robot', pass: 'canary-4711' }, extensions });
  });

  const isChunked = extensions.includes('CHUNKING');
  const rows = [...accountStages, ...envelope, ...afterDot, ...afterwards].filter(
    ([stage]) => !isChunked || stage !== 'data',
  );
  it.each(rows.map((row) => ({ name: `at ${row[0]}, ${row[1]}`, row })))(
    '$name',
    async ({ row: [stage, , act, outcome, endsAt, replyCode] }) => {
      const verdict = await attempt(stage, act);
      expect(verdict).toMatchObject({ outcome, stage: endsAt });
      if (replyCode) expect(verdict.replyCode).toBe(replyCode);
      expect(verdict.durationMs).toBeLessThan(1_000);
      expect(verdict.sentence).toMatch(/^.{20,}\.$/s);
      expect(JSON.stringify(verdict)).not.toContain('canary');
      const arrived = server.messages.filter(({ accepted }) => accepted).length;
      if (outcome === 'accepted') expect(arrived).toBe(1);
      else if (outcome !== 'unknown') expect(arrived).toBe(0);
    },
  );
});
