import type { Report } from '#doctor';
import { GatepostProcess } from './harness/process.js';
import { startSmtpServer } from './harness/smtp-server.js';

const local = (port: number): Record<string, string> => ({
  SMTP_HOST: 'localhost',
  SMTP_PORT: String(port),
  SMTP_SENDER: 'noreply@sender.test',
});

it('examines the environment, and ends with its exit code and nothing else in JSON', async () => {
  await using server = await startSmtpServer({ tls: 'none' });
  const good = await GatepostProcess.run(['doctor', '--json'], local(server.port));
  expect([good.code, (JSON.parse(good.output) as Report).ok]).toEqual([0, true]);
  const env = { ...local(server.port), SMTP_TLS: 'true' };
  const wrong = await GatepostProcess.run(['doctor'], env);
  expect([wrong.code, wrong.output]).toEqual([
    4,
    expect.stringContaining('error[TLS_MODE_IMPLICIT_ON_PLAIN]'),
  ]);
});

it('tells faults of the settings as findings, never as a stack', async () => {
  const { code, output } = await GatepostProcess.run(['doctor'], { SMTP_HOST: 'smtp://acme' });
  expect([code, output]).toEqual([2, expect.stringContaining('error[HOST_HAS_SCHEME]')]);
  expect(output).not.toMatch(/^ +at /m);
});

it.each([
  [['doctor', '--to', 'nobody'], 'Write one as in ada@example.com'],
  [['doctor', '--timeout', 'soon'], 'Write a number of seconds'],
  [['doctor', 'explain', 'DNS_NXDOMIAN'], 'DNS_NXDOMAIN'],
])('refuses %j, and says what to do', async (args, sentence) => {
  const { code, output } = await GatepostProcess.run(args, {});
  expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
});

it('explains a cause', async () => {
  const { code, output } = await GatepostProcess.run(['doctor', 'explain', 'DNS_NXDOMAIN'], {});
  expect([code, output]).toEqual([0, expect.stringContaining('SMTP_HOST')]);
});
