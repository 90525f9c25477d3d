export { AccessTokens } from './access-tokens.service.js';
export { ConsentFailed } from './consent.errors.js';
export { type ConsentAnswer, type ConsentRequest, Consents } from './consents.service.js';
export { type GrantedTokens, requestAccessToken, type TokenRequest } from './grants.js';
export { OAuth2Module } from './oauth2.module.js';
export type { TokenHealth } from './token.repository.js';
