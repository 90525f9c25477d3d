export { composeMessage, type OutgoingMessage } from './compose.js';
export { SmtpModule } from './smtp.module.js';
export { SmtpSender } from './smtp-sender.service.js';
export { SmtpSendError, SmtpTransport } from './smtp.transport.js';
export { type Outcome, OUTCOMES, type Stage, STAGES, type Verdict } from './verdict.js';
