export { ACCESS_TOKENS, type AccessTokenSource, NoAccessToken } from './access-token.js';
export { composeMessage, type OutgoingMessage } from './compose.js';
export { escapeControls } from './masking.js';
export { SmtpModule } from './smtp.module.js';
export { SmtpSender } from './smtp-sender.service.js';
export { type Verdict } from './verdict.js';
