import { Module } from '@nestjs/common';
import { OneTimeTokens } from './one-time-tokens.service.js';

/** Needs `DatabaseModule` and `VaultModule`. */
@Module({ providers: [OneTimeTokens], exports: [OneTimeTokens] })
export class OneTimeTokenModule {}
