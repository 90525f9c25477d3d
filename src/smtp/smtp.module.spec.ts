import { Test } from '@nestjs/testing';
import { MailerService } from '@nestjs-modules/mailer';
import { accountFor } from '../../test/harness/smtp-account.js';
import { type SmtpServer, reply, startSmtpServer } from '../../test/harness/smtp-server.js';
import { SmtpModule } from './smtp.module.js';
import { SmtpSendError } from './smtp.transport.js';

// MailerService, as other people's code in the same application uses it.
let server: SmtpServer;
beforeEach(async () => (server = await startSmtpServer({ auth: { user: 'u', pass: 'p' } })));
afterEach(async () => await server.close());

type Account = ReturnType<typeof accountFor> | undefined;

async function start(first: Account) {
  const order = { first };
  const module = await Test.createTestingModule({
    imports: [SmtpModule.forRoot({ currentAccount: { useFactory: () => () => order.first } })],
  }).compile();
  await module.init();
  return {
    mailer: module.get(MailerService, { strict: false }),
    order,
    [Symbol.asyncDispose]: async () => await module.close(),
  };
}

const mail = { to: 'ada@example.org', subject: 'Hi', text: 'Hello.\nBye.\n' };

it('sends over the account, from its sender', async () => {
  await using app = await start(accountFor(server));
  const info = await app.mailer.sendMail(mail);
  expect(info).toMatchObject({ accepted: ['ada@example.org'], rejected: [] });
  const [message] = server.messages;
  expect(message).toMatchObject({
    from: 'noreply@example.com',
    rcpts: ['ada@example.org'],
    user: 'u',
  });
  expect(message?.raw.toString()).toMatch(/^From: Gatepost <noreply@example.com>\r$/m);
});

it('sends over the account that is first in order at the time', async () => {
  await using app = await start(undefined);
  await expect(app.mailer.sendMail(mail)).rejects.toThrow(/no SMTP account/);
  app.order.first = accountFor(server);
  await app.mailer.sendMail(mail);
  await using other = await startSmtpServer();
  app.order.first = accountFor(other, {
    sender: { name: undefined, address: 'other@example.net' },
  });
  await app.mailer.sendMail(mail);
  expect(server.messages.map(({ from }) => from)).toEqual(['noreply@example.com']);
  expect(other.messages.map(({ from }) => from)).toEqual(['other@example.net']);
});

it('makes a transaction of its own for each recipient', async () => {
  server.script = {
    rcpt: ({ line }) => (line.includes('bob') ? reply(550, '5.1.1 no') : undefined),
  };
  await using app = await start(accountFor(server));
  const info = await app.mailer.sendMail({ ...mail, cc: ['bob@example.org', 'eve@example.org'] });
  expect(info).toMatchObject({
    accepted: ['ada@example.org', 'eve@example.org'],
    rejected: ['bob@example.org'],
  });
  expect(server.messages.map(({ rcpts }) => rcpts)).toEqual([
    ['ada@example.org'],
    ['eve@example.org'],
  ]);
});

it('fails with the verdict when nobody got it', async () => {
  server.script = { rcpt: reply(550, '5.1.1 no such user') };
  await using app = await start(accountFor(server));
  const failure: unknown = await app.mailer.sendMail(mail).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SmtpSendError);
  expect((failure as SmtpSendError).verdict).toMatchObject({ outcome: 'rejected', replyCode: 550 });
});

it('reads no file of this machine into a mail', async () => {
  await using app = await start(accountFor(server));
  const attachments = [{ path: '/etc/hostname' }];
  await expect(app.mailer.sendMail({ ...mail, attachments })).rejects.toThrow(/rejected/);
  expect(server.messages).toEqual([]);
});
