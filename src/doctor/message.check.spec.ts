import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { EXPIRED } from '../../test/harness/certificates.js';
import { type Env, examined, Laboratory } from '../../test/harness/doctor.js';
import { type SmtpServerOptions, testAuthority } from '../../test/harness/smtp-server.js';
import type { Report } from './report.js';

type Serve = (socket: Socket) => void;

const forwardTo =
  (port: number): Serve =>
  (socket) => {
    const onward = connect(port, '127.0.0.1').on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
  };

/** The walk meets a server that is in order, and the mail, which comes after it, something else. */
async function changing(
  lab: Laboratory,
  options: SmtpServerOptions,
  then: Serve,
  more: Env = {},
): Promise<Report> {
  const serveWalk = forwardTo((await lab.smtp(options)).port);
  let connections = 0;
  const port = await lab.listener((socket) => (connections++ === 0 ? serveWalk : then)(socket));
  return await examined({ env: lab.settings(port, more), options: { to: 'ada@acme.test' } });
}

function expectFound({ findings, stages, ok }: Report, code: unknown): void {
  const [first] = findings;
  expect([ok, first?.code, first?.stage, first?.severity]).toEqual([
    false,
    code,
    'message',
    'error',
  ]);
  const notReached = stages.filter(({ status, id }) => status === 'failed' && id !== 'message');
  expect(notReached).toEqual([]);
}

const IN_CLEAR = { SMTP_OPPORTUNISTIC_TLS: 'false' };

describe('a connection that fails when the test mail is to be sent', () => {
  it('is refused: nobody listens any more', async () => {
    await using lab = new Laboratory();
    const serve = forwardTo((await lab.smtp()).port);
    const server = createServer((socket) => {
      serve(socket.on('error', () => {}));
      server.close();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const report = await examined({
      env: lab.settings(port, IN_CLEAR),
      options: { to: 'ada@acme.test' },
    });
    expectFound(report, 'CONNECTION_REFUSED');
    expect(report.findings[0]?.node?.originalCode).toBe('ECONNREFUSED');
  });

  it('is reset', async () => {
    await using lab = new Laboratory();
    const report = await changing(lab, {}, (socket) => socket.resetAndDestroy(), IN_CLEAR);
    expectFound(report, 'CONNECTION_RESET');
  });

  it('is taken in silence', async () => {
    await using lab = new Laboratory();
    const more = { ...IN_CLEAR, SMTP_TIMEOUT_GREETING: '300ms' };
    expectFound(await changing(lab, {}, () => {}, more), 'SILENT_SERVER');
  });

  it.each(['starttls', 'implicit'] as const)(
    'meets a certificate that has run out, %s',
    async (tls) => {
      await using lab = new Laboratory();
      const certificate = testAuthority().issue(['localhost'], EXPIRED);
      const other = await lab.smtp({ tls, certificate });
      const more = { SMTP_TLS: String(tls === 'implicit') };
      const report = await changing(lab, { tls }, forwardTo(other.port), more);
      expectFound(report, 'CERT_EXPIRED');
    },
  );

  it('leads nowhere: the name is known to the name server of the walk alone', async () => {
    await using lab = new Laboratory();
    const host = 'mail.acme.test';
    const certificate = testAuthority().issue([host]);
    const { port } = await lab.smtp({ tls: 'starttls', certificate });
    const names = (await lab.dns({ [host]: { A: ['127.0.0.1'] } })).names();
    const env = lab.settings(port, { SMTP_HOST: host, SMTP_TIMEOUT_CONNECT: '5s' });
    const report = await examined({ env, options: { names, to: 'ada@acme.test' } });
    // a machine without a name server can't say that there is no such name
    expectFound(report, expect.stringMatching(/^DNS_(NXDOMAIN|TIMEOUT)$/));
  });

  it('fails in a way without a name: the title is what the sender says', async () => {
    await using lab = new Laboratory();
    const hangUpOnMail: Serve = (socket) => {
      socket.write('220 mx.acme.test ESMTP\r\n');
      socket.once('data', () => {
        socket.write('250 mx.acme.test\r\n');
        socket.once('data', () => socket.end());
      });
    };
    const report = await changing(lab, {}, hangUpOnMail, IN_CLEAR);
    expectFound(report, 'SERVER_TEMPORARY');
    const [first] = report.findings;
    expect(first?.title).toMatch(/^The connection to localhost:\d+ ended at MAIL FROM$/);
    expect(first?.fix.steps).toEqual(['Nothing was handed over; it is tried again.']);
  });
});
