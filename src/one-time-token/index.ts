export { FRESH_CODE_SECONDS, isTokenPurpose, lifetimeSeconds } from './token-policy.js';
export { OneTimeTokenModule } from './one-time-token.module.js';
export { type Grant, OneTimeTokens } from './one-time-tokens.service.js';
