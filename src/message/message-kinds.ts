import type { z } from 'zod';
import { accountExists } from './kinds/account-exists.kind.js';
import { invitation } from './kinds/invitation.kind.js';
import { passwordChanged } from './kinds/password-changed.kind.js';
import { passwordReset } from './kinds/password-reset.kind.js';
import { test } from './kinds/test.kind.js';
import { verificationCode } from './kinds/verification-code.kind.js';
import type { MessageDefinition } from './message-kind.js';

/** Every kind of mail there is; the keys are what the outbox and the API call them. */
export const messageKinds = {
  'verification-code': verificationCode,
  'account-exists': accountExists,
  'password-reset': passwordReset,
  'password-changed': passwordChanged,
  invitation,
  test,
} as const satisfies Record<string, MessageDefinition>;

export type MessageKind = keyof typeof messageKinds;
export type MessageVariables<Kind extends MessageKind> = z.input<
  (typeof messageKinds)[Kind]['variables']
>;

export function isMessageKind(kind: string): kind is MessageKind {
  return Object.hasOwn(messageKinds, kind);
}
