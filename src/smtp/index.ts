export { ACCESS_TOKENS, type AccessTokenSource, NoAccessToken } from './access-token.js';
export { type Capabilities, chooseAuthMethod, parseCapabilities } from './capabilities.js';
export { composeMessage, type OutgoingMessage } from './compose.js';
export { connectionOptions } from './connection-options.js';
export {
  CONNECTION_SLOTS,
  type ConnectionSlot,
  type ConnectionSlots,
  NoConnectionFree,
} from './connection-slots.js';
export { connectToFirst } from './happy-eyeballs.js';
export { type Credentials, escapeControls, presentable } from './masking.js';
export { signInByNtlm } from './ntlm-sign-in.js';
export { ProxyFailure } from './proxy.errors.js';
export { openTunnel } from './proxy.js';
export { MalformedReply, type Reply, replyLine, ReplyParser } from './reply.js';
export { MAYBE_THERE, namingSettings } from './sentences.js';
export { SmtpModule } from './smtp.module.js';
export { SmtpSender } from './smtp-sender.service.js';
export { readableChallenge, signInByToken } from './token-sign-in.js';
export { type Fault, type Verdict } from './verdict.js';
