import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SETTINGS } from '#settings';
import { MessageModule, messageKinds, Renderer } from './index.js';

@Global()
@Module({
  providers: [
    {
      provide: SETTINGS,
      useValue: { appName: 'Example', adminWebUrl: 'https://id.example.com/auth' },
    },
  ],
  exports: [SETTINGS],
})
class SettingsOfThisTest {}

test('the settings decide what a mail is called and where its link leads', async () => {
  const app = await Test.createTestingModule({
    imports: [SettingsOfThisTest, MessageModule],
  }).compile();
  const createdAt = new Date();
  const { lifetimeSeconds, samples } = messageKinds['password-reset'];
  const mail = app.get(Renderer).render('password-reset', samples[0], {
    to: 'ada@example.com',
    createdAt,
    expiresAt: new Date(createdAt.getTime() + lifetimeSeconds * 1000),
    locale: 'en-GB',
  });
  expect(mail.subject).toBe('Reset your Example password');
  expect(mail.text).toContain('https://id.example.com/auth/link/reset-password?token=');
  expect(mail.text).toContain('for 60 minutes');
  await app.close();
});

test('lifetimes and priorities are those promised', () => {
  const promised = Object.entries(messageKinds).map(([kind, { lifetimeSeconds, priority }]) => [
    kind,
    lifetimeSeconds / 60,
    priority,
  ]);
  expect(promised).toEqual([
    ['verification-code', 10, 0],
    ['account-exists', 24 * 60, 0],
    ['password-reset', 60, 0],
    ['password-changed', 24 * 60, 1],
    ['invitation', 7 * 24 * 60, 2],
    ['test', 24 * 60, 0],
  ]);
});
