import { Global, Module } from '@nestjs/common';
import { ACCESS_TOKENS } from '#smtp';
import { AccessTokens } from './access-tokens.service.js';
import { Consents } from './consents.service.js';
import { TokenStore } from './token-store.service.js';

/** Access tokens for accounts that sign in with OAuth2, and the consents they come from. */
@Global()
@Module({
  providers: [
    AccessTokens,
    Consents,
    TokenStore,
    { provide: ACCESS_TOKENS, useExisting: AccessTokens },
  ],
  exports: [AccessTokens, Consents, ACCESS_TOKENS],
})
export class OAuth2Module {}
