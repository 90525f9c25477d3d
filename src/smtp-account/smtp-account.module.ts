import { Global, Module } from '@nestjs/common';
import { CONNECTION_SLOTS } from '#smtp';
import { AccountBreakers, BREAKER_RANDOM } from './account-breakers.service.js';
import { AccountCheckups } from './account-checkups.service.js';
import { AccountConnections } from './account-connections.service.js';
import { AccountDirectory } from './account-directory.service.js';
import { AccountEditor } from './account-editor.service.js';
import { AccountHealth } from './account-health.service.js';
import { AccountTrials } from './account-trials.service.js';
import { SmtpAccounts } from './smtp-accounts.service.js';

const services = [
  SmtpAccounts,
  AccountBreakers,
  AccountCheckups,
  AccountConnections,
  AccountDirectory,
  AccountEditor,
  AccountHealth,
  AccountTrials,
];

/** Needs the settings, `DatabaseModule`, `VaultModule` and `MailerConfigModule`. */
@Global()
@Module({
  providers: [
    ...services,
    { provide: BREAKER_RANDOM, useValue: Math.random },
    { provide: CONNECTION_SLOTS, useExisting: AccountConnections },
  ],
  exports: [...services, CONNECTION_SLOTS],
})
export class SmtpAccountModule {}
