import { Laboratory, type Env, examined, planOf } from '../../test/harness/doctor.js';
import { selfSigned } from '../../test/harness/certificates.js';
import {
  drip,
  garbage,
  reply,
  type Script,
  type SmtpServer,
  stall,
  testAuthority,
} from '../../test/harness/smtp-server.js';
import { HostRefused } from '#egress';
import { Examination } from './examination.js';
import { examine, walk } from './walk.js';

const CANARY = 'Correct-Horse-7-Canary';
const user = { user: 'someone@acme.test', pass: CANARY };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: CANARY };

/** Every sign-in that a server has seen. */
const signIns = (...servers: SmtpServer[]): string[] =>
  servers.flatMap(({ commands }) => commands.filter((line) => /^AUTH/i.test(line)));

describe('credentials', () => {
  it('go to nobody whose certificate is not verified', async () => {
    await using lab = new Laboratory();
    for (const tls of ['starttls', 'implicit'] as const) {
      const server = await lab.smtp({ tls, auth: user, certificate: selfSigned(['localhost']) });
      for (const insecure of ['false', 'true']) {
        const env = { ...credentials, SMTP_TLS: String(tls === 'implicit') };
        const { stages } = await examined({
          env: lab.settings(server.port, { ...env, SMTP_TLS_INSECURE: insecure }),
        });
        expect(stages.find(({ id }) => id === 'auth')?.status).toBe('skipped');
      }
      expect(signIns(server)).toEqual([]);
    }
  });

  it('go to no port and in no mode that was not configured', async () => {
    await using lab = new Laboratory();
    const open = { ...user, inClear: true };
    const plain = await lab.smtp({ tls: 'starttls', auth: open });
    const other = await lab.smtp({ tls: 'implicit', auth: open });
    const relay = await lab.smtp({ tls: 'none', auth: open });
    const doors = [plain, other, relay].map(({ port }) => port);
    const wrongs: Env[] = [
      lab.settings(plain.port, { ...credentials, SMTP_TLS: 'true' }),
      lab.settings(other.port, { ...credentials, SMTP_TLS: 'false' }),
      lab.settings(await lab.deadPort(), credentials),
      lab.settings(relay.port, credentials),
    ];
    for (const env of wrongs) {
      const report = await examined({ env, options: { doors } });
      expect(report.ok).toBe(false);
      expect(report.findings[0]?.fix.applicability).toBe('verified');
    }
    expect(signIns(plain, other, relay)).toEqual([]);
  });

  it('are tried once', async () => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'starttls', auth: { ...user, pass: 'another' } });
    await examined({ env: lab.settings(server.port, credentials), options: { to: 'a@acme.test' } });
    expect(signIns(server)).toHaveLength(1);
  });

  it.each([
    ['where the method was chosen', 553, 'smtp.naver.com', { SMTP_AUTH_METHOD: 'plain' }],
    ['where the server has a bad minute', 454, 'smtp.naver.com', {}],
    ['at any other provider', 553, 'smtp.fastmail.com', {}],
  ])('are not tried by LOGIN after PLAIN %s', async (_where, code, host, more) => {
    await using lab = new Laboratory();
    const certificate = testAuthority().issue([host]);
    const script = { auth: reply(code, '5.3.0 Auth failure') };
    const server = await lab.smtp({ tls: 'starttls', auth: user, certificate, script });
    const names = (await lab.dns({ [host]: { A: ['127.0.0.1'] } })).names();
    const env = lab.settings(server.port, { ...credentials, SMTP_HOST: host, ...more });
    await examined({ env, options: { names } });
    expect(signIns(server)).toHaveLength(1);
  });

  it('stand nowhere in a report, whoever repeats them', async () => {
    await using lab = new Laboratory();
    const encoded = Buffer.from(`\0${user.user}\0${CANARY}`).toString('base64');
    for (const said of [
      `user ${user.user} pass ${CANARY}`,
      `bad ${encoded}`,
      encodeURIComponent(CANARY),
    ]) {
      const server = await lab.smtp({
        tls: 'starttls',
        auth: user,
        script: { auth: reply(535, ['5.7.8 no', said]) },
      });
      const report = JSON.stringify(
        await examined({ env: lab.settings(server.port, credentials) }),
      );
      expect(report).toContain('AUTH PLAIN ***');
      for (const secret of [CANARY, encoded, Buffer.from(CANARY).toString('base64')])
        expect(report).not.toContain(secret);
    }
  });
});

it('F05: an account that came over the API leads to no private address and no other port', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls', auth: user });
  const trusted = planOf(lab.settings(server.port, credentials));
  const plan = { ...trusted, reach: 'public' as const, source: 'database' as const };
  const judged = { plan, findings: [], settings: [], ms: 0 };
  const doors = [server.port];
  await expect(examine(judged, { doors })).rejects.toThrow('private');
  // as if the name led to a public address: the port is refused all the same
  const names = (await lab.dns({ localhost: { A: ['127.0.0.1'] } })).names();
  await expect(examine(judged, { doors, names })).rejects.toThrow(HostRefused);
  expect(server.connections).toEqual([]);
});

it('F05: side probes of such an account stay on the ports of mail', async () => {
  await using lab = new Laboratory();
  const server = await lab.smtp({ tls: 'starttls' });
  const plan = { ...planOf(lab.settings(587)), reach: 'public' as const };
  const doors = [server.port, 2525, 465];
  expect(new Examination(plan, { doors }).doors).toEqual([2525, 465]);
});

describe('a hostile server', () => {
  const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\u202e';
  const endless = Buffer.from('250-X-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n'.repeat(100_000));

  it.each<[string, Script]>([
    ['a tarpit in the greeting', { greeting: drip(100, 220, 'x'.repeat(500)) }],
    ['an answer to EHLO that drips', { ehlo: drip(100, 250, 'x'.repeat(500)) }],
    ['an answer to EHLO without an end', { ehlo: garbage(endless) }],
    ['replies without an end', { greeting: garbage(Buffer.from('220 x\r\n'.repeat(4_000_000))) }],
    ['a line of 64 MB', { greeting: garbage(Buffer.alloc(64 * 1024 * 1024, 'A')) }],
    ['a line of 64 MB behind 220', { ehlo: garbage(Buffer.alloc(64 * 1024 * 1024, 'A')) }],
    ['silence that does not read', { ehlo: stall() }],
    ['escape sequences in the greeting', { greeting: reply(554, `${ESCAPES} go away`) }],
    ['escape sequences in the answer to EHLO', { ehlo: reply(550, `${ESCAPES} go away`) }],
    ['escape sequences in what it offers', { ehlo: reply(250, ['x', `AUTH ${ESCAPES}`]) }],
  ])('%s: ends in time, in bounded memory, and shows nothing raw', async (_name, script) => {
    await using lab = new Laboratory();
    const server = await lab.smtp({ tls: 'none', script });
    const before = process.memoryUsage().rss;
    const report = await examined({ env: lab.settings(server.port) });
    const text = JSON.stringify(report);
    expect(report.durationMs).toBeLessThan(5_000);
    expect(text.length).toBeLessThan(200_000);
    for (const raw of ['\\u001b', '\u001b', '\u0007', '\u202e']) expect(text).not.toContain(raw);
    // the octets themselves are the server's, in this very process
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });

  it('is left when the time is over, wherever the walk stands', async () => {
    await using lab = new Laboratory();
    const silent = await lab.listener(() => {});
    const env = lab.settings(silent);
    const limits = { greeting: 12_000, handshake: 5_000 };
    const report = await examined({ env, options: { timeout: 700, limits } });
    expect(report.durationMs).toBeLessThan(1_500);
    expect(report.ok).toBe(false);
  });

  it('is left at once by who has seen enough', async () => {
    await using lab = new Laboratory();
    const silent = await lab.smtp({ script: { greeting: stall() } });
    const plan = planOf(lab.settings(silent.port));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const began = performance.now();
    const judged = { plan, findings: [], settings: [], ms: 0 };
    for await (const _event of walk(judged, { doors: [], signal: stop.signal }));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(silent.openConnections).toBeLessThanOrEqual(1);
  });
});
